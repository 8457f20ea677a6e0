"""Plots of benchmarks: the bars are the figures, and what a board wrote stays text."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from jetfleet.bench.bars import svg
from jetfleet.bench.page import html_page, markdown_with_plots
from jetfleet.bench.table import COLUMNS, compare
from jetfleet.errors import FleetError
from tests.support.bench_runs import POSSIBLE, SOURCE_003

SVG = "{http://www.w3.org/2000/svg}"
TOKENS = 1
"""The column of output tokens a second."""


def bars(text: str) -> list[tuple[float, str]]:
    """Return width and colour of each bar, without the background."""
    found = ET.fromstring(text).findall(f"{SVG}rect")[1:]  # noqa: S314 - our own text
    return [(float(one.attrib["width"]), one.attrib["fill"]) for one in found]


def test_the_length_of_a_bar_is_its_figure() -> None:
    low, _ = compare(POSSIBLE)
    drawn = bars(svg(low))
    assert len(drawn) == len(COLUMNS) * 4
    tokens = drawn[TOKENS * 4 : TOKENS * 4 + 4]
    figures = [63.61, 111.15, 63.90, 79.94]
    for (width, _), figure in zip(tokens, figures, strict=True):
        assert width / tokens[1][0] == pytest.approx(figure / 111.15, rel=0.01)
    assert [colour for _, colour in tokens].count(tokens[1][1]) == 1, "the best stands out"
    assert "111.15 *" in svg(low)


def test_a_false_figure_gives_no_scale() -> None:
    """Else it would make the bars of the others short."""
    mixed, *_ = compare([POSSIBLE[0], SOURCE_003[1], POSSIBLE[2]])
    tokens = bars(svg(mixed))[TOKENS * 3 : TOKENS * 3 + 3]
    widths = [width for width, _ in tokens]
    assert max(widths) <= 404, "the width of the plot, without its edges"
    assert min(widths[0], widths[2]) > 390
    assert len({colour for _, colour in tokens}) == 3
    assert "111.15 !" in svg(mixed)


def test_the_spread_of_the_runs_is_drawn() -> None:
    low, _ = compare(POSSIBLE)
    assert svg(low).count("<path") == 4 * len(COLUMNS)
    run = POSSIBLE[0]
    once = run.loads["low"].model_copy(update={"runs": run.loads["low"].runs[:1]})
    (alone,) = compare([run.model_copy(update={"loads": {"low": once}})])
    assert "<path" not in svg(alone)


def test_what_was_read_stays_text(tmp_path: Path) -> None:
    hostile = 'x"><script>alert(1)</script>\x1b[31m\u202e&'
    board = POSSIBLE[0].board.model_copy(update={"power_mode": hostile})
    named = POSSIBLE[0].model_copy(update={"board": board, "host": hostile})
    runs = [named, POSSIBLE[1]]
    for one in compare(runs):
        ET.fromstring(svg(one))  # noqa: S314 - our own text
    page = html_page(runs)
    assert "<script" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page
    text = markdown_with_plots(runs, tmp_path / "plots")
    assert text.count("<script") == text.count("\\<script") > 0, "it is escaped"


def test_the_page_loads_nothing() -> None:
    page = html_page(SOURCE_003)
    addresses = set(re.findall(r"https?://[^\"' ]+", page))
    assert addresses == {"http://www.w3.org/2000/svg"}, "a name space, not a request"
    assert "default-src 'none'" in page
    style = re.search(r"<style>(.*)</style>", page)
    assert style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in page
    assert " style=" not in page
    assert page.count("<svg") == 2 * len(COLUMNS)
    assert page.count("impossible: a token in") == 8


def test_markdown_shows_the_plots(tmp_path: Path) -> None:
    folder = tmp_path / "my plots"
    text = markdown_with_plots(POSSIBLE, folder)
    assert sorted(path.name for path in folder.iterdir()) == ["high.svg", "low.svg"]
    for path in folder.iterdir():
        assert f"](<{path.as_posix()}>)" in text
        assert path.read_text(encoding="utf-8").startswith("<svg")


def test_loads_of_one_name_and_other_shapes_have_plots_of_their_own(tmp_path: Path) -> None:
    run = POSSIBLE[0]
    low = run.loads["low"]
    shape = replace(low.shape, prompts=99)
    other = run.model_copy(update={"loads": {"low": low.model_copy(update={"shape": shape})}})
    parent = low.model_copy(update={"shape": replace(low.shape, name="../../x")})
    dots = run.model_copy(update={"loads": {"x": parent}})
    markdown_with_plots([run, other, dots], tmp_path / "plots")
    names = sorted(path.name for path in (tmp_path / "plots").iterdir())
    assert names == ["_.._x.svg", "high.svg", "low-2.svg", "low.svg"]
    assert [path.name for path in tmp_path.iterdir()] == ["plots"]


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FleetError, match="cannot be written"):
        markdown_with_plots(POSSIBLE, tmp_path / "file")
