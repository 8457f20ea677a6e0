"""A kind describes itself once: of that follow changes, renderings, differences and hashes."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from jetfleet.diff.row import rows
from jetfleet.drift.cause import cause_of
from jetfleet.drift.fingerprint import desired_hash, observed_hash, state_hash, survey_of
from jetfleet.render.board import values
from jetfleet.resources import KINDS, Leftovers, Removal, Resource, RunOptions, Unit, Unreadable
from jetfleet.resources.base import ABSENT, attributes
from jetfleet.steps import Refused
from jetfleet.steps.systemd import UnitState
from tests.support.cases import CASES, Case

if TYPE_CHECKING:
    from jetfleet.resources.base import Attributes

ONE_EACH = [pytest.param(case, id=case.name) for case in CASES if not case.refused]
CONVERGED = [pytest.param(case, id=case.name) for case in CASES if case.changes == []]
# Without permission to remove leftovers and what has left the spec, they are no change.
COMPARED = [
    pytest.param(case, id=case.name)
    for case in CASES
    if case.changes == []
    and (not isinstance(case.resource, Leftovers) or case.resource.prune or case.options.prune)
    and not isinstance(case.resource, Removal)
]


@dataclass(frozen=True)
class Niced(Unit):
    """A unit with one attribute more; nothing but these two methods knows of it."""

    kind: ClassVar[str] = "unit"
    nice: str = "0"

    def desired(self) -> Attributes:
        return {**super().desired(), "nice": self.nice}

    def observed(self, actual: UnitState) -> Attributes:
        return {**super().observed(actual), "nice": BOARD_NICE}


BOARD_NICE = "0"
UNREADABLE = (Unreadable, ValueError, KeyError, IndexError)
"""What `jetfleet.survey.survey.read` takes as a section that cannot be read."""
UP = UnitState(active="active", enabled=True, started_with="feed")


def test_a_new_attribute_needs_one_edit() -> None:
    was, now = Niced("a.service", "feed"), Niced("a.service", "feed", nice="5")
    assert was.compare(UP, RunOptions()) == []
    (change,) = now.compare(UP, RunOptions())
    assert (change.attribute, change.have, change.want) == ("nice", "0", "5")
    assert change.sentence == "a.service has another nice"

    assert values(now) == {"started-with": "feed", "nice": "5"}

    (row,) = rows({now.key: was}, {now.key: now}, set())
    assert (row.attribute, row.have, row.want) == ("nice", "0", "5")

    assert desired_hash(was) != desired_hash(now)
    assert survey_of({now.key: now}, {now.key: UP}) != survey_of(
        {now.key: Unit("a.service", "feed")}, {now.key: UP}
    )
    applied = {"resources": {was.key: desired_hash(was)}, "states": {was.key: state_hash(was)}}
    assert cause_of(now, UP, applied) == "spec"
    niced_by_hand = {**applied, "states": {was.key: state_hash(replace(was, nice="1"))}}
    assert cause_of(now, UP, niced_by_hand) == "both"


@pytest.mark.parametrize("case", ONE_EACH)
def test_every_attribute_of_a_change_is_described(case: Case) -> None:
    described = case.resource.attributes
    for change in case.resource.compare(case.actual, case.options):
        assert change.attribute in described or change.want == ABSENT, change
        assert change.sentence


@pytest.mark.parametrize("case", COMPARED)
def test_a_board_in_sync_is_observed_like_its_desired_state(case: Case) -> None:
    resource = case.resource
    assert attributes(resource.observed(case.actual)) == resource.attributes
    assert observed_hash(resource, case.actual) == state_hash(resource)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.kind)
def test_every_attribute_can_be_observed(kind: type[Resource[Any]]) -> None:
    """What is desired and never observed would never be compared."""
    mine = [case for case in CASES if type(case.resource) is kind]
    desired = {name for case in mine for name in case.resource.attributes}
    assert (
        desired == {name for case in mine for name in case.resource.observed(case.actual)} & desired
    )


@pytest.mark.parametrize("case", [c for c in CASES if c.resource.stands_alone], ids=str)
def test_what_stands_alone_is_observed_whatever_is_desired(case: Case) -> None:
    others = {"started_with": "other", "content": "other"}
    fields = {name: one for name, one in others.items() if hasattr(case.resource, name)}
    other = replace(case.resource, **fields)  # type: ignore[type-var] # resources are dataclasses
    assert observed_hash(other, case.actual) == observed_hash(case.resource, case.actual)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_damaged_survey_is_unreadable_refused_or_compared(case: Case) -> None:
    """A state that can be read has a fingerprint, whatever lines of the survey are missing."""
    key = case.resource.key
    lines = case.written["output"].splitlines(keepends=True)
    damaged = ["".join(lines[:n] + lines[n + 1 :]) for n in range(len(lines))]
    damaged += ["".join([*lines[:n], line[: len(line) // 2]]) for n, line in enumerate(lines)]
    for output in (case.written["output"], *damaged):
        try:
            actual = type(case.resource).read(output, [case.resource])[key]
        except UNREADABLE:
            continue
        assert len(survey_of({key: case.resource}, {key: actual})) == 16
        with suppress(Refused):
            case.resource.compare(actual, case.options)
