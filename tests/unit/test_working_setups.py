"""No rule refuses what a source shows working, and only those warn that should."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.rendered import ROOT
from tests.support.specs import locked, over, problems, yaml

CASES: dict[str, Any] = yaml(ROOT / "tests/data/cases/working.yaml")
HOSTS: dict[str, Any] = yaml(ROOT / "tests/data/cases/mistakes.yaml")["hosts"]


@pytest.mark.parametrize("known", ["locked", "unlocked"])
@pytest.mark.parametrize(
    "case", CASES["setups"], ids=lambda case: f"{case['source']} {case['what']}"
)
def test_it_passes(tmp_path: Path, case: dict[str, Any], known: str) -> None:
    hosts = {case["like"]: over(HOSTS[case["like"]], case["host"])}
    lock = locked(CASES["models"], CASES["sizes"]) if known == "locked" else None
    found = problems(tmp_path, CASES["models"], hosts, lock)
    assert [str(one) for one in found if not one.warning] == []
    assert {one.rule for one in found} <= set(case.get("warns", ())), "\n".join(map(str, found))
