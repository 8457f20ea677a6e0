"""The matrix of faults is whole, and docs/reliability.md is made from it.

`make reliability` makes the record of the last campaign and rewrites the page.
"""

from __future__ import annotations

import json

import pytest

from tests.faults.matrix.cells import CELLS, SAMPLE, TABLES
from tests.faults.matrix.page import page
from tests.faults.matrix.record import FILE
from tests.support.rendered import ROOT

PAGE = ROOT / "docs/reliability.md"


def test_the_page_is_made_from_the_matrix(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--rewrite-snapshots"):
        PAGE.write_text(page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == page()


def test_there_are_enough_cells() -> None:
    assert len(CELLS) >= 300
    assert len(SAMPLE) >= 40


def test_names_of_cells_are_unique() -> None:
    names = [str(cell) for cell in CELLS]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("kind", TABLES)
def test_each_phase_has_the_fault_or_a_reason_against_it(kind: str) -> None:
    for fault in TABLES[kind]:
        known = {phase.name for phase in fault.among}
        assert fault.left_out.keys() <= known, fault.name
        assert fault.phases, fault.name
        assert all(fault.left_out.values()), fault.name


@pytest.mark.parametrize("kind", TABLES)
def test_each_fault_that_a_run_may_report_has_its_words_and_its_remedy(kind: str) -> None:
    for fault in TABLES[kind]:
        assert bool(fault.says) == bool(fault.remedy), fault.name


def test_the_recorded_campaign_is_of_these_cells() -> None:
    text = FILE.read_text(encoding="utf-8") if FILE.exists() else '{"cells": {}}'
    recorded = json.loads(text)["cells"]
    assert set(recorded) <= {str(cell) for cell in CELLS}
    assert bool(recorded) != ("No campaign is recorded yet." in PAGE.read_text(encoding="utf-8"))
