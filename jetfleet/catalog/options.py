"""The options of servers other than vLLM: small tables, one a program."""

from __future__ import annotations

from difflib import get_close_matches
from functools import cache

from jetfleet.catalog.read import read
from jetfleet.catalog.vllm import Option, plain_option

_ONE_OF = "choice:"


@cache
def option_table(program: str) -> dict[str, Option]:
    """Return the options of ``triton``, ``trtllm`` or ``llama.cpp`` by name without dashes."""
    rows: dict[str, str] = read(f"options/{program}.json")["options"]
    return {name[2:]: _option(name, kind) for name, kind in rows.items()}


def tables() -> tuple[str, ...]:
    """Return the programs that have such a table."""
    return ("llama.cpp", "triton", "trtllm")


def nearest(program: str, name: str) -> tuple[str, ...]:
    """Return at most three option names that look like `name`."""
    known = list(option_table(program))
    return tuple(get_close_matches(plain_option(name), known, n=3, cutoff=0.7))


def _option(name: str, kind: str) -> Option:
    choices = tuple(kind.removeprefix(_ONE_OF).split("|")) if kind.startswith(_ONE_OF) else ()
    return Option(
        name=name,
        type=None if choices or kind in {"any", "switch"} else "str" if kind == "list" else kind,
        takes_value=kind != "switch",
        many=kind == "list",
        choices=choices,
    )
