"""The options of servers other than vLLM: small tables, one a program."""

from __future__ import annotations

from functools import cache

from jetfleet.catalog.option_table import Option, OptionTable
from jetfleet.catalog.read import read

_ONE_OF = "choice:"
_SEVERAL = {"list", "csv"}


@cache
def option_table(program: str) -> OptionTable:
    """Return the options of ``triton``, ``trtllm`` or ``llama.cpp``.

    One that is written with a single dash is found by its name as well; its `name` has one dash.
    """
    rows: dict[str, str] = read(f"options/{program}.json")["options"]
    return OptionTable(
        "", {f"--{name.lstrip('-')}": _option(name, kind) for name, kind in rows.items()}
    )


def tables() -> tuple[str, ...]:
    """Return the programs that have such a table."""
    return ("llama.cpp", "triton", "trtllm")


def _option(name: str, kind: str) -> Option:
    choices = tuple(kind.removeprefix(_ONE_OF).split("|")) if kind.startswith(_ONE_OF) else ()
    of_text = "str" if kind in _SEVERAL else kind
    return Option(
        name=name,
        type=None if choices or kind in {"any", "csv", "switch"} else of_text,
        takes_value=kind != "switch",
        many=kind in _SEVERAL,
        choices=choices,
        joined=kind == "csv",
    )
