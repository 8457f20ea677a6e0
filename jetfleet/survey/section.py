"""Sections: parts of a script, each with a frame and a limit, so that it fails for itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.text import printable
from jetfleet.transport.frame import FRAME, hung_in, large_in
from jetfleet.transport.hang import hang, program_of
from jetfleet.transport.script import limits

if TYPE_CHECKING:
    from collections.abc import Collection

SECONDS = 20
"""Limit of a section, unless its maker knows better."""

_CUT = "the connection was lost, or sshd or the whole board hangs; run again"
MISSING = f"the answer ended before it: {_CUT}"
"""Why a section is not there at all."""


@dataclass(frozen=True)
class Section:
    """What a section printed, and why it is not whole; without a reason it is.

    `cut`: the answer of the board ended in it, so that nothing is known of what it asked.
    """

    text: str = ""
    failed: str = ""
    cut: bool = False


def sections(parts: dict[str, tuple[str, int]], kept: Collection[str] = ()) -> str:
    """Return a script that frames what others print; each has a limit in seconds.

    One that fails or hangs does not hide the others. `kept` names those whose variables the ones
    behind them read. Limits hold where the shell leads a session:
    see `jetfleet.transport.script.SHELL`.
    """
    return f"{limits()}export LC_ALL=C\n" + "".join(
        f"limit_begin {name} {seconds}\n{'{' if name in kept else '('}\n{script}"
        f"{'}' if name in kept else ')'} </dev/null 2>/dev/null\nlimit_end {name} $?\n"
        for name, (script, seconds) in parts.items()
    )


def sections_of(output: str) -> dict[str, Section]:
    """Return each section by name; one whose end is missing is not whole."""
    found: dict[str, Section] = {}
    name, lines = "", list[str]()
    for line in output.split("\n"):
        word, _, rest = line.removeprefix(f"{FRAME} ").partition(" ")
        if not line.startswith(f"{FRAME} "):
            lines.append(line)
        elif word == "begin":
            name, lines = rest, []
            found[name] = Section(failed=f"the answer ended in the middle: {_CUT}", cut=True)
        elif word in {"hung", "large"} and name:
            lines.append(line)
            found[name] = Section(failed=f"its section did not end: `{program_of(rest)}` hangs")
        elif word == "end" and name:
            found[name] = _section(lines, rest.partition(" ")[2])
            name = ""
    return found


# Python's splitlines takes these for ends of lines too, so that the rest of a damaged file would be
# read as a line of the survey.
_OTHER_ENDS = re.compile("[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]|\r(?!\n|$)")


def _section(lines: list[str], status: str) -> Section:
    text = _OTHER_ENDS.sub("\ufffd", "\n".join(lines))
    word, _, seconds = status.partition(" ")
    if word == "limit":
        return Section(failed=f"it {hang(float(seconds), hung_in(text))}")
    large = large_in(text)
    if large:
        return Section(
            failed=f"{printable(large)} is larger than 1 MiB: look at it, and repair or remove it"
        )
    failed = "" if word == "0" else f"its section ended with {word}"
    return Section(text.rstrip("\n"), failed)
