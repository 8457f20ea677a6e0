"""Every refusal has a way out: a rule that can be waived, or words on what to write or do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from jetfleet.catalog.rules import rules
from jetfleet.spec.problem import Problem, SpecError
from jetfleet.validate import problems_of
from tests.support.rendered import ROOT

CASES = sorted((ROOT / "tests/data/cases/spec").glob("*.yaml"))
IMPERATIVE = re.compile(
    r"\b(write|remove|add|name|choose|run|take|check|correct|raise|lower|did you mean|see|keep|use"
    r"|declare|mount|move|rename|give|put|begin|leave|let|restart|install|set|try|wait|serve|update"
    r"|look|restore|free|end|compare|connect|start|stop|make|hold|format|shorten|pin|copy|replace|save"
    r"|unmount|log in)\b"
)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_of_a_spec(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    case = YAML(typ="safe", pure=True).load(path)
    Path("spec.yaml").write_text(case["spec"], encoding="utf-8")
    try:
        _, found = problems_of("spec.yaml")
    except SpecError as error:
        found = list(error.problems)
    for problem in found:
        assert _has_way_out(problem), str(problem)


def _has_way_out(problem: Problem) -> bool:
    waivable = problem.rule is not None and problem.rule in rules()
    return waivable or bool(IMPERATIVE.search(problem.remedy))


def test_each_rule_says_what_to_do() -> None:
    assert not [one.id for one in rules().values() if not IMPERATIVE.search(one.remedy)]


def _refused() -> Iterator[tuple[str, ast.expr]]:
    """Yield the place and the sentence of each refusal of a board."""
    for path in sorted((ROOT / "jetfleet/resources").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
            if named and node.func.id == "Refused" and node.args:  # type: ignore[attr-defined]
                yield f"{path.relative_to(ROOT)}:{node.lineno}", node.args[0]  # type: ignore[attr-defined]


REFUSED = dict(_refused())
_OF_ANOTHER_PLACE = {
    "remedy",
    "refusal",
    "unreadable",
    "unsafe",
    "_missing",
    "no_such_mode",
    "other_release",
}
"""Names of sentences that are put together elsewhere, with their remedies."""


def test_there_are_refusals_of_boards() -> None:
    assert len(REFUSED) > 15


@pytest.mark.parametrize("place", REFUSED)
def test_of_a_board(place: str) -> None:
    parts = list(ast.walk(REFUSED[place]))
    said = " ".join(str(part.value) for part in parts if isinstance(part, ast.Constant))
    names = {part.attr for part in parts if isinstance(part, ast.Attribute)}
    names |= {part.id for part in parts if isinstance(part, ast.Name)}
    assert IMPERATIVE.search(said) or names & _OF_ANOTHER_PLACE, said
