"""Whatever a board prints, a survey gives a state or a reason, and only a `Refused` ends a plan.

Each case of tests/data/cases is broken in many ways. An exception of any other type would be
contained (see test_defect.py), but it is an error in jetfleet, and the user would read no cause.
"""

from __future__ import annotations

import json

import pytest

from jetfleet.converge.attribute_change import changes_of
from jetfleet.drift.cause import cause_of
from jetfleet.drift.fingerprint import survey_of
from jetfleet.events.event import Planned
from jetfleet.events.write import json_line
from jetfleet.resources import Resource
from jetfleet.resources.applied import Applied
from jetfleet.steps import Refused
from jetfleet.survey import survey
from jetfleet.survey.survey import Unknown
from jetfleet.transport.frame import FRAME
from tests.support.cases import CASES, Case
from tests.support.mutations import CAMPAIGN, SEED, mutations

COUNT = 1000 if CAMPAIGN else 12
DEFECT = "an error in jetfleet"


def framed(kind: str, text: str) -> str:
    """Return a section as the survey's script prints it."""
    return f"{FRAME} begin {kind}\n{text}\n{FRAME} end {kind} 0\n"


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_broken_survey_is_a_state_or_a_reason(case: Case) -> None:
    resource = case.resource
    for text in mutations(case.written["output"], COUNT, str(case)):
        state = survey.read(framed(resource.kind, text), [resource]).states[resource.key]
        try:
            said = _said(resource, state, case)
        except Refused as refusal:
            said = str(refusal)
        except Exception as error:
            error.add_note(f"seed {SEED}, survey {text[:2000]!r}")
            raise
        assert DEFECT not in said, (SEED, said, text[:2000])


def _said(resource: Resource[object], state: object, case: Case) -> str:
    """Do with a state what a plan does; return what the user reads of it."""
    if isinstance(state, Unknown):
        return state.reason
    survey_of({resource.key: resource}, {resource.key: state})
    changes = resource.compare(state, case.options)
    record = state if isinstance(resource, Applied) and isinstance(state, dict) else {}
    cause = cause_of(resource, state, record)
    resource.effects(state, changes)
    event = Planned(host="nano", resource=resource.key, cause=cause, changes=changes_of(changes))
    line = json_line(event)
    assert Planned.model_validate(json.loads(line)) == event
    return line
