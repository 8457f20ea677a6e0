"""Options of a spec as arguments of a server's command line, each exactly as it was written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jetfleet.spec.frozen import thaw

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def arguments(
    flags: Mapping[str, Any], *, joined: bool = False, underscores: bool = False
) -> list[str]:
    """Return options as words, sorted by name.

    A list is the option several times; a mapping is JSON. `true` is the bare option and `false`
    its negation ``--no-…``, as llama.cpp and click have them.

    Parameters
    ----------
    joined:
        ``--name=value``, where `true` and `false` are values too, as Triton has it.
    underscores:
        Names have underscores for dashes, as trtllm-serve has them.

    """
    found: list[str] = []
    for name, value in sorted(flags.items()):
        plain = name.replace("-", "_") if underscores else name.replace("_", "-")
        for item in value if isinstance(value, (list, tuple)) else (value,):
            found += _joined(plain, item) if joined else _spaced(plain, item)
    return found


def _joined(name: str, value: object) -> Iterator[str]:
    yield f"--{name}={text(value)}"


def _spaced(name: str, value: object) -> Iterator[str]:
    if value is False:
        yield f"--no-{name}"
        return
    yield f"--{name}"
    if value is not True:
        yield text(value)


def text(value: object) -> str:
    """Return a JSON value as a command line has it: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(thaw(value), ensure_ascii=False)
