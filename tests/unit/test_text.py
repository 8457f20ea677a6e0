"""Text for people: sizes, durations, counts, hostile text, Markdown; each is made at one place."""

from __future__ import annotations

import io
import re
import unicodedata

import pytest
from markdown_it import MarkdownIt
from rich.console import Console
from rich.live import Live

from jetfleet.catalog.modules import modules
from jetfleet.text import (
    format_bytes,
    format_count,
    format_duration,
    format_json,
    printable,
    printable_lines,
    printable_screen,
    printable_styled,
)
from jetfleet.text.markdown import code_block, escaped, inline_code, table_row
from tests.support.rendered import ROOT

HOSTILE = (
    "\x1b[2J\x1b]0;title\x07", "\x9b31m", "a\rb", "a\tb", "\u202egnp.exe", "\u2028x", "\x00",
    "é 中", "`x` **b**", "``", "a|b", "</summary><script>", "[x](http://y)", "\\|", "# h",
)  # fmt: skip
"""Terminal sequences, marks of direction, and marks of Markdown and HTML."""


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 MiB"), (1, "1 KiB"), (1025, "2 KiB"), (2**20, "1 MiB"), (500_000_000, "477 MiB"),
        (2**30, "1.0 GiB"), (1_500_000_000_000, "1397.0 GiB"),
    ],
)  # fmt: skip
def test_bytes(size: int, text: str) -> None:
    assert format_bytes(size) == text


def test_an_orin_nano_has_the_size_that_its_kernel_shows() -> None:
    module = modules()["orin-nano-8gb-super"]
    assert format_bytes(module.memtotal_kib * 1024) == "7.4 GiB"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.9, "0 s"), (5, "5 s"), (65, "1 min 5 s"), (3600, "1 h 0 min"), (7325, "2 h 2 min"),
        (90000, "1 d 1 h"),
    ],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


def test_counts() -> None:
    assert [format_count(n, "host") for n in (0, 1, 2)] == ["0 hosts", "1 host", "2 hosts"]


def test_json_is_indented_and_readable() -> None:
    assert format_json({"b": "é", "a": 1}) == '{\n  "b": "é",\n  "a": 1\n}'
    assert format_json({"b": 1, "a": 1}, sort_keys=True).index("a") < 8


@pytest.mark.parametrize("text", HOSTILE)
def test_printable_text_keeps_its_columns_and_cannot_act(text: str) -> None:
    shown = printable(text)
    assert len(shown) == len(text)
    assert shown.isprintable()
    kept = [c for c in text if unicodedata.category(c)[0] in "LNPS"]
    assert [c for c in shown if c in kept] == kept


def test_printable_lines_lose_colours_and_keep_line_feeds() -> None:
    assert printable_lines("a\x1b[31mb\x1b[0m\x00c\u202ed\r\n\te") == "ab�c�d \n\te"


def rendered(text: str) -> str:
    return MarkdownIt("commonmark", {"html": True}).enable("table").render(text)


@pytest.mark.parametrize("text", HOSTILE)
def test_inline_code_is_nothing_but_code(text: str) -> None:
    html = rendered(f"x {inline_code(text)} y").strip()
    assert re.fullmatch(r"<p>x (<code>[^<]*</code>)? ?y</p>", html), html


@pytest.mark.parametrize("text", HOSTILE)
def test_escaped_text_has_no_marks(text: str) -> None:
    assert "<" not in rendered(escaped(text)).replace("<p>", "").replace("</p>", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_stays_one_cell(text: str) -> None:
    head = [table_row(["a", "b"]), "|---|---|"]
    html = rendered("\n".join([*head, table_row([inline_code(text), escaped(text)])]))
    assert html.count("<td>") == 2


@pytest.mark.parametrize("line", ["```", "~~~~", "+`````", *HOSTILE])
def test_no_line_ends_a_code_block(line: str) -> None:
    html = rendered("\n".join([*code_block([line, "*last*"], "diff"), "", "after"]))
    assert "*last*" in html
    assert html.endswith("<p>after</p>\n")
    assert html.count("<pre>") == 1


def test_no_other_place_makes_text_of_bytes_or_cleans_it() -> None:
    """Only jetfleet/text formats sizes and replaces characters that are not printable."""
    own = re.compile(r"/ ?(1e9|10\*\*9|2\*\*30|2\*\*20)\b|if \w+\.isprintable\(\) else")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for folder in ("jetfleet", "roles")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path.parent != ROOT / "jetfleet/text"
        for line in path.read_text(encoding="utf-8").splitlines()
        if own.search(line)
    ]
    # Clocks are in GHz, and YAML has an escape of its own.
    allowed = {"status/words.py", "yaml.py"}
    assert not [one for one in found if not one.partition(":")[0].endswith(tuple(allowed))]


@pytest.mark.parametrize(
    "text", [*HOSTILE, "a\x1b]52;c;aGk=\x07b", "\x1bP1$r\x1b\\", "\x9b31m", "\ud800"]
)
def test_the_output_of_a_process_commands_no_terminal(text: str) -> None:
    for shown, kept in ((printable_styled(text), "mK"), (printable_screen(text), "mAKlh")):
        assert len(shown) == len(text)
        left = re.sub(rf"\x1b\[[0-9;?]*[{kept}]", "", shown)
        assert {c for c in left if not c.isprintable()} <= set("\n\t\r")


@pytest.mark.parametrize("text", ["\x1b[31mred\x1b[0m\n", "    | nano\r", "\x1b[K"])
def test_what_pyinfra_writes_itself_stays(text: str) -> None:
    assert printable_styled(text) == text
    assert "\r" not in printable_styled(f"a\r{text}").rstrip("\r")


def test_what_rich_writes_itself_stays() -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=40)
    with Live("one\ntwo", console=console, auto_refresh=False) as live:
        live.update("[bold red]three[/]\nfour", refresh=True)
    assert "\x1b[1A" in out.getvalue()
    assert printable_screen(out.getvalue()) == out.getvalue()
