"""A comment on a pull request: no longer than one may be, and nothing in it acts."""

from __future__ import annotations

import html
import re
from pathlib import Path

import pytest

from jetfleet.diff.effect import Effect
from jetfleet.diff.fleet import Difference, Group
from jetfleet.diff.markdown import markdown
from jetfleet.diff.report import Report
from jetfleet.diff.revision import Revisions
from jetfleet.diff.row import Row
from jetfleet.diff.text import text
from jetfleet.text import printable
from jetfleet.text.markdown import escaped

GITHUB = 65_536 - 5_000
"""Characters that a comment may have, less some for words that CI puts before it."""


def report(*groups: Group) -> Report:
    return Report(
        "lab.yaml", Revisions(Path(), "HEAD", "1" * 40, "main", "2" * 40), Difference(groups)
    )


def group(number: int, *rows: Row) -> Group:
    return Group("changed", rows, Effect(), (f"host{number}",))


def test_a_large_change_still_fits_a_comment() -> None:
    lines = tuple(f"+{number} {'x' * 90}" for number in range(300))
    groups = [
        group(n, Row("file:/etc/x", "content", "present", str(n), lines, lines)) for n in range(9)
    ]
    small = group(10, Row("power:mode", "mode", "A", "B"))
    said = markdown(report(*groups, small))
    assert len(said) <= GITHUB
    assert "too long for a comment; `jetfleet diff` shows it" in said
    assert "`power:mode`" in said
    assert said.count("<details") == said.count("</details>")
    assert said.count("```") % 2 == 0


def test_more_groups_than_a_comment_holds() -> None:
    row = Row("power:mode", "mode", "A" * 40, "B" * 40)
    said = markdown(report(*(group(n, row) for n in range(2000))))
    assert len(said) <= GITHUB
    assert "There is more than a comment can hold" in said


@pytest.mark.parametrize(
    "evil", ["@someone", "</summary><script>", "a|b", "`x` **b**", "[x](http://y)"]
)
def test_a_value_is_never_markdown(evil: str) -> None:
    said = markdown(report(group(1, Row("daemon:docker", "labels", evil, f"{evil} 2"))))
    line = next(line for line in said.splitlines() if evil.replace("|", "\\|") in line)
    cells = [cell.strip() for cell in line.replace("\\|", "\0").strip("|").split("|")]
    assert len(cells) == 4
    assert all(cell[0] == cell[-1] == "`" for cell in cells)


def test_a_diff_cannot_leave_its_fence() -> None:
    lines = ("+```", "+````", "+# heading")
    said = markdown(report(group(1, Row("file:/etc/x", "content", "present", "+3", lines, lines))))
    assert "`````diff" in said


def test_what_stands_in_a_file_cannot_act_on_a_terminal() -> None:
    lines = ("+\x1b[2J\x9b31mred\x07\r", "+tab\there")
    said = text(
        report(group(1, Row("file:/x", "content", "present", "\x1b[0m", lines, lines))),
        lambda words, _: words,
    )
    assert not any((ord(c) < 32 and c != "\n") or 0x7F <= ord(c) < 0xA0 for c in said)


@pytest.mark.parametrize(
    ("evil", "shown"),
    [
        ("@octocat look", "@&#8203;octocat look"),
        ("@_x", "@&#8203;\\_x"),
        ("www.evil.example", "www&#8203;.evil.example"),
        ("https://evil.example", "https:&#8203;//evil.example"),
        ("a@evil.example", "a@&#8203;evil.example"),
        ("&lt;b&gt;", "&amp;&#8203;lt;b&amp;&#8203;gt;"),
        ("org/repo#1 GH-1 !1 $1 %1 &1", None),
        ("50 % of 5 GiB: done!", "50 % of 5 GiB: done!"),
        ("\x1b]0;t\x07\u202e", "\N{REPLACEMENT CHARACTER}\\]0;t" + "\N{REPLACEMENT CHARACTER}" * 2),
    ],
)
def test_a_sentence_mentions_nobody_and_links_nowhere(evil: str, shown: str | None) -> None:
    said = escaped(evil)
    if shown is not None:
        assert said == shown
    left = html.unescape(re.sub(r"\\(?=[!-/:-@\[-`{-~])", "", said))
    assert not re.search(r"(?i)[@#!$%&]\w|://|\bwww\.|GH-\d", left)
    assert left.replace("\u200b", "") == printable(evil)
