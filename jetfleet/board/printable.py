"""Text that others wrote, made safe to print.

It stands here because programs on a board print such text too.
"""

from __future__ import annotations


def printable(text: str) -> str:
    """Return text as one line of as many characters, each of them printable.

    White space becomes a space; any other character that is not printable becomes U+FFFD.
    """
    if text.isprintable():
        return text
    return "".join(map(printable_character, text))


def printable_character(char: str) -> str:
    """Return a character, or what `printable` has instead of it."""
    if char.isprintable():
        return char
    return " " if char.isspace() else "\N{REPLACEMENT CHARACTER}"
