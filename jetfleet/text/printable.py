"""Text from people, boards and hubs, made safe to print.

Control characters could move the cursor, change colours or hide text; marks that change the writing
direction could make one name look like another.
"""

from __future__ import annotations

import re

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def printable(text: str) -> str:
    """Return text as one line of as many characters, each of them printable.

    White space becomes a space; any other character that is not printable becomes U+FFFD.
    """
    return "".join(map(_printable, text))


def printable_lines(text: str) -> str:
    """Return text of several lines without terminal colours, everything else as in `printable`.

    Line feeds and tabs stay.
    """
    plain = _COLOURS.sub("", text)
    return "".join(char if char in "\n\t" else _printable(char) for char in plain)


def _printable(char: str) -> str:
    if char.isprintable():
        return char
    return " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"
