"""Options of a spec as arguments of a server's command line, each with exactly its value."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jetfleet.catalog.option_table import OptionTable
from jetfleet.spec.frozen import thaw

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


def arguments(
    table: OptionTable | None,
    flags: Mapping[str, Any],
    *,
    joined: bool = False,
    underscores: bool = False,
    at_once: bool = False,
) -> list[str]:
    """Return options as words, sorted by name.

    A list is the option several times, once with all values behind it, or one word with commas, as
    the program reads it; a mapping is JSON. A switch that is `true` stands there bare. One that is
    `false` has its negation, or is left out where it has none: then it is off until it is given.

    Parameters
    ----------
    table:
        Options of the program; None: none is known.
    joined:
        ``--name=value``, as Triton has it.
    underscores:
        Names have underscores for dashes, as trtllm-serve has them.
    at_once:
        All values of a list stand behind one option: of an option that comes twice, argparse
        keeps the last.

    """
    table = table or OptionTable("", {})
    found: list[str] = []
    for name, value in sorted(flags.items()):
        before = ""
        for called, written in _options(table, name, value, joined=joined):
            spelled = f"--{called[2:].replace('-', '_')}" if underscores else called
            if written is None:
                found.append(spelled)
            elif joined:
                found.append(f"{spelled}={written}")
            else:
                found += [written] if at_once and called == before else [spelled, written]
            before = called
    return found


def _options(
    table: OptionTable, name: str, value: object, *, joined: bool
) -> Iterator[tuple[str, str | None]]:
    """Yield each option that says this with the text of its value; None: it takes none."""
    option = table.find(name)
    called = option.name if option else f"--{name}"
    if isinstance(value, bool) and not (option.takes_value if option else joined):
        switch = called if value else _negation(table, name)
        if switch:
            yield switch, None
    elif isinstance(value, (list, tuple)) and not (option and option.joined):
        yield from ((called, text(item)) for item in value)
    else:
        yield called, _csv(value) if isinstance(value, (list, tuple)) else text(value)


def _negation(table: OptionTable, name: str) -> str:
    """Return what switches an option off; empty where it is off until it is given."""
    off = table.negation(name)
    if off is not None:
        return table.options[f"--{off}"].name
    return "" if table.find(name) else f"--no-{name}"


def _csv(values: Iterable[object]) -> str:
    """Return values as one word; one with a comma is quoted, which is read so since b7668.

    https://github.com/ggml-org/llama.cpp/pull/18643
    """
    texts = map(text, values)
    return ",".join(
        f'"{one.replace(chr(34), chr(34) * 2)}"' if "," in one else one for one in texts
    )


def text(value: object) -> str:
    """Return a JSON value as a command line has it: text as it is, other values as JSON."""
    return value if isinstance(value, str) else json.dumps(thaw(value), ensure_ascii=False)
