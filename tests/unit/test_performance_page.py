"""docs/performance.md has a place for the table of each measurement, and `make bench` runs it."""

from __future__ import annotations

import re

import pytest

from tests.support.cli import ROOT

WRITTEN = {
    name: path.stem
    for path in sorted((ROOT / "bench").glob("*.py"))
    for name in re.findall(r'\bwrite\("(bench\.\w+)"', path.read_text(encoding="utf-8"))
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_table_has_its_place(name: str) -> None:
    page = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
    assert name == f"bench.{WRITTEN[name]}"
    before, found, after = page.partition(f"<!-- table of {name} -->\n")
    assert found
    table, ended, _ = after.partition("<!-- end of the table -->")
    assert ended
    assert "<!--" not in table
    assert table.startswith("|") or not table
    assert before.count("<!-- table of") == before.count("<!-- end of the table -->")


@pytest.mark.parametrize("name", WRITTEN)
def test_make_bench_measures_it(name: str) -> None:
    recipe = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nbench:")[2]
    assert f"-m {name}\n" in recipe.partition("\n\n")[0]


def test_the_measurements_are_found() -> None:
    assert {"bench.scale", "bench.noop", "bench.pace", "bench.startup"} <= WRITTEN.keys()
