"""The command line of `sglang.launch_server`: argparse over the option table of the release."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_MANY = ("+", "*")
_UNITS = {"k": 1000, "m": 1000**2, "K": 1024, "M": 1024**2}


def parse(table: Mapping[str, Any], argv: Sequence[str]) -> dict[str, Any]:
    """Return the given options by name without dashes.

    Ends the process with status 2 and a usage on the error stream, as argparse does.
    """
    parser = argparse.ArgumentParser(
        prog="launch_server.py", usage="launch_server.py [OPTION ...]", add_help=False,
        argument_default=argparse.SUPPRESS,
    )  # fmt: skip
    done: set[str] = set()
    for name, row in sorted(table.items()):
        names = [name, *row.get("aliases", ())]
        if name.startswith("--") and not done & set(names):
            _add(parser, names, row)
            done.update(names)
    return vars(parser.parse_args(argv))


def _add(parser: argparse.ArgumentParser, names: list[str], row: Mapping[str, Any]) -> None:
    # Of an option with several names the longest is the one that people know: --model-path.
    dest = max(names, key=len).removeprefix("--")
    if not row["takes_value"]:
        parser.add_argument(*names, dest=dest, action="store_true")
        return
    read = _reader(row["type"])
    choices = [read(choice) for choice in row["choices"]] if row["choices"] else None
    parser.add_argument(
        *names, dest=dest, type=read, choices=choices, required=bool(row.get("required")),
        nargs=row["nargs"] if row["nargs"] in {*_MANY, "?"} else None,
    )  # fmt: skip


def _reader(kind: str | None) -> Callable[[str], Any]:
    known: dict[str | None, Callable[[str], Any]] = {
        "int": int,
        "float": float,
        "loads": json.loads,
        "human_readable_int": _human,
    }
    return known.get(kind, str)


def _human(text: str) -> int:
    return int(float(text[:-1]) * _UNITS[text[-1]]) if text[-1:] in _UNITS else int(text)
