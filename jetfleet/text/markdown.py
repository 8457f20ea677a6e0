"""Text in the Markdown of GitHub and GitLab, without effect on what stands around it.

https://github.github.com/gfm/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.text.printable import printable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MARKS = re.compile(r"([\\`*_\[\]<>#~])")

_BREAK = "&#8203;"
# A person, an issue, a merge request, a snippet, a milestone, an epic, a label; a link.
_LIVE = re.compile(
    r"(?:@|#|!|\$|%|&amp;|~)(?=[\\\w])|:(?=//)|\bwww(?=\.)|\bGH-(?=\d)", re.IGNORECASE
)


def inline_code(text: str) -> str:
    """Return text as inline code: mentions, Markdown and HTML in it have no effect.

    Empty text stays empty.
    """
    line = printable(" ".join(text.split()))
    if not line:
        return ""
    fence = "`" * (1 + _longest_run(line))
    edge = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{edge}{line}{edge}{fence}"


def escaped(text: str) -> str:
    """Return text as one line in which nothing is Markdown, HTML, a link, or a mention.

    GitHub and GitLab find mentions, references and links in the text that is left after Markdown,
    so a backslash does not stop them: a zero-width space stands inside each.
    """
    line = _MARKS.sub(r"\\\1", printable(text).replace("&", "&amp;"))
    return _LIVE.sub(lambda found: f"{found[0]}{_BREAK}", line)


def in_comment(text: str) -> str:
    """Return text for an HTML comment, which it cannot end: no ``--``, no ``>``."""
    return re.sub("-(?=-)", "- ", printable(text)).replace(">", "&gt;")


def code_block(lines: Sequence[str], language: str = "") -> list[str]:
    """Return the lines of a fenced code block; no line of it can end the block."""
    shown = [printable(line.expandtabs(4)) for line in lines]
    fence = "`" * max(3, 1 + max(map(_longest_run, shown), default=0))
    return [f"{fence}{language}", *shown, fence]


def table_row(cells: Iterable[str]) -> str:
    """Return a row of a table; a bar in a cell does not end the cell, not even in code."""
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _longest_run(text: str) -> int:
    """Return how many backticks stand beside each other at most."""
    return max(map(len, re.findall("`+", text)), default=0)
