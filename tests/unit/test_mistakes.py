"""Every mistake of the sources is refused or warned of, and the guide says what is said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jetfleet.catalog.rules import rules
from tests.support.rendered import ROOT
from tests.support.specs import locked, over, problems, yaml
from tests.support.tables import kept

CASES: dict[str, Any] = yaml(ROOT / "tests/data/cases/mistakes.yaml")
MISTAKES: list[dict[str, Any]] = CASES["mistakes"]
NEVER: list[dict[str, str]] = CASES["never"]
GUIDE = ROOT / "docs/guide/mistakes.md"


def said(folder: Path, case: dict[str, Any]) -> tuple[str, str]:
    """How the mistake is answered, and in which words."""
    name = case["on"]
    host = over(CASES["hosts"][name], case["host"])
    lock = locked(CASES["models"], case["locked"]) if "locked" in case else None
    found = problems(folder, CASES["models"], {name: host}, lock)
    meant = [one for one in found if one.rule == case["rule"] and case["says"] in str(one)]
    assert len(meant) == 1, "\n".join(map(str, found))
    text = str(meant[0]).partition(f"hosts.{name}")[2].partition(": ")[2]
    return "warned" if meant[0].warning else "refused", text.partition(" (rule ")[0]


@pytest.mark.parametrize("case", MISTAKES, ids=lambda case: f"{case['source']} {case['mistake']}")
def test_a_mistake_is_answered(tmp_path: Path, case: dict[str, Any]) -> None:
    answer, _ = said(tmp_path, case)
    if case["rule"]:
        assert answer == ("refused" if rules()[case["rule"]].refuse else "warned")


def test_the_guide_says_what_is_said(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    rows = []
    for case in MISTAKES:
        answer, text = said(tmp_path, case)
        rule = f"`{case['rule']}`" if case["rule"] else ""
        words = text.replace("|", "\\|").replace("<", "&lt;")
        rows.append(f"| {case['source']} | {case['mistake']} | {answer} | {rule} | {words} |")
    never = [f"| {row['source']} | {row['mistake']} | {row['instead']} |" for row in NEVER]
    rewrite = request.config.getoption("--rewrite-snapshots")
    answers = kept(
        GUIDE, "| source | mistake | answer | rule | what jetfleet says |", rows, rewrite=rewrite
    )
    assert answers == "\n".join(rows), "`make snapshots` writes it again"
    instead = kept(GUIDE, "| source | mistake | instead |", never, rewrite=rewrite)
    assert instead == "\n".join(never), "`make snapshots` writes it again"


def test_all_five_sources_are_there() -> None:
    assert {case["source"] for case in MISTAKES} == {"000", "001", "002", "003", "004"}
