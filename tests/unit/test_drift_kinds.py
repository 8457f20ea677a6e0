"""Each kind of resource is broken by a test on a twin, or a reason says why not."""

from __future__ import annotations

import pytest

from jetfleet.resources import KINDS
from tests.support.drift_kinds import ELSEWHERE, NOWHERE, ROW, SYSTEM
from tests.support.drift_table import TABLE
from tests.support.pyinfra import ROOT
from tests.support.system_drifts import DRIFTS


def test_each_kind_has_one_place() -> None:
    """A new kind needs a row in tests/support/drift_table.py or system_drifts.py, or a test."""
    places = [*ROW, *SYSTEM, *ELSEWHERE, *NOWHERE]
    assert sorted(places) == sorted(kind.kind for kind in KINDS)


@pytest.mark.parametrize("kind", ROW)
def test_the_table_has_a_row(kind: str) -> None:
    assert any(row.startswith(ROW[kind]) for drift in TABLE for row in drift.rows)


@pytest.mark.parametrize("kind", SYSTEM)
def test_the_system_has_a_row(kind: str) -> None:
    assert any(row.startswith(SYSTEM[kind]) for row in DRIFTS)


@pytest.mark.parametrize("kind", ELSEWHERE)
def test_the_other_test_is_there(kind: str) -> None:
    assert (ROOT / ELSEWHERE[kind]).is_file()
