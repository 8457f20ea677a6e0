"""Functions of shell programs: those that a script needs, without comments, as many scripts do."""

from __future__ import annotations

import re
from functools import cache

from jetfleet.board import program
from jetfleet.steps.shell import words


@cache
def functions(programs: tuple[str, ...], *called: str) -> str:
    """Return these functions of programs and those that they call, and the programs' variables.

    Parameters
    ----------
    programs:
        Files such as ``lease.sh``; before the first function of each stand its variables.

    """
    variables, texts = "", {}
    for name in programs:
        head, *parts = re.split(r"(?m)^(?=\w+\(\) \{)", program(name))
        variables += head
        texts.update({part.partition("(")[0]: part for part in parts})
    needed: set[str] = set()
    found = set(called)
    while found:
        needed |= found
        found = {name for one in found for name in re.findall(r"\w+", texts[one])}
        found = (found & set(texts)) - needed
    text = variables + "".join(part for name, part in texts.items() if name in needed)
    return re.sub(r"(?m)^\s*#.*\n| # .*$|^\s+", "", text)


def call(function: str, *arguments: str) -> str:
    """Return a line that calls a function."""
    return f"{words([function, *arguments])}\n"
