"""Each kind of resource against captured survey output: the exact changes, refusals and steps.

The cases are in tests/data/cases/<kind>/, see tests/support/cases.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from jetfleet.resources import KINDS, Change
from jetfleet.steps import Confirm, LinkResolver, Refused, Run, StepFailed, Watch
from tests.support.cases import CASES, Case, links, result


@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case) -> None:
    resource, actual, options, written = case.resource, case.actual, case.options, case.written
    if case.refused:
        with pytest.raises(Refused) as refusal:
            resource.compare(actual, options)
        assert str(refusal.value) == case.refused
        return
    changes = resource.compare(actual, options)
    assert [[c.attribute, c.have, c.want] for c in changes] == case.changes
    says(case, changes)
    if "steps" in written:
        answers = iter(written.get("answers", ()))
        scripts = []
        steps = resource.steps(actual, changes, options, LinkResolver(links))
        try:
            step = next(steps)
            while True:
                scripts.append(step.script if isinstance(step, (Run, Watch, Confirm)) else "reboot")
                step = steps.send(result(step, next(answers, "")))
        except StopIteration:
            assert "ends" not in written
        except (Refused, StepFailed) as refusal:
            assert str(refusal) == written["ends"]  # noqa: PT017 - a case says where it ends
        assert len(scripts) == len(written["steps"])
        for script, wanted in zip(scripts, written["steps"], strict=True):
            lines = [line.strip() for line in script.splitlines()]
            jobs = [json.loads(line)["job"] for line in lines if line.startswith('{"modules"')]
            for line in wanted:
                assert line in (jobs if isinstance(line, dict) else lines), script


def says(case: Case, changes: Sequence[Change]) -> None:
    """Check what a person reads of a case, where it says so."""
    said = {
        "sentences": [change.sentence for change in changes],
        "restarts": list(case.resource.effects(case.actual, changes).restarts),
        "notes": list(case.resource.notes(case.actual)),
    }
    for name in said.keys() & case.written.keys():
        assert said[name] == case.written[name]


def test_every_kind_has_cases() -> None:
    assert {type(case.resource) for case in CASES} == set(KINDS)
