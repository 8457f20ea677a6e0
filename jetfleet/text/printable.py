"""Text from people, boards and hubs, made safe to print.

Control characters could move the cursor, change colours or hide text; marks that change the writing
direction could make one name look like another.
"""

from __future__ import annotations

import re

from jetfleet.board.printable import printable, printable_character

__all__ = ["printable", "printable_lines", "printable_screen", "printable_styled"]

_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def printable_lines(text: str) -> str:
    """Return text of several lines without terminal colours, everything else as in `printable`.

    Line feeds and tabs stay.
    """
    if text.isprintable():
        return text  # as nearly all texts of a large fleet
    plain = _COLOURS.sub("", text)
    return "".join(char if char in "\n\t" else printable_character(char) for char in plain)


def printable_styled(text: str) -> str:
    """Return the output of pyinfra, so that no text in it commands the terminal.

    Styles, an erased line, and a carriage return at the end stay: the spinner writes these.
    """
    plain = text.rstrip("\r")
    return _kept(plain, _STYLES, "\n\t") + text[len(plain) :]


def printable_screen(text: str) -> str:
    """Return the output of rich, so that no text in it commands the terminal beyond its lines.

    Besides styles, the movements stay by which rich draws lines again.
    """
    return _kept(text, _SCREEN, "\n\t\r")


_STYLES = re.compile(r"(\x1b\[[0-9;]*m|\x1b\[K)")
_SCREEN = re.compile(r"(\x1b\[(?:[0-9;]*[mAK]|\?25[lh]))")


def _kept(text: str, sequences: re.Pattern[str], ends: str) -> str:
    """Return text in which these sequences and characters stay, everything else printable."""
    if text.isascii() and text.isprintable():
        return text
    parts = sequences.split(text)
    for at in range(0, len(parts), 2):
        if parts[at].isprintable():
            continue
        shown = (char if char in ends else printable_character(char) for char in parts[at])
        parts[at] = "".join(shown)
    return "".join(parts)
