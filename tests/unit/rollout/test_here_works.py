"""The work on one host of a rollout: what it asks for next, and how it ends, by the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from jetfleet.events import event as events
from jetfleet.events.event import Event
from jetfleet.events.interpret import host_of
from jetfleet.rollout.here.ask import Answer, Ask, Ended, Steps, Target
from jetfleet.rollout.here.reviewed import HostReview
from jetfleet.rollout.here.works import applied, surveyed, undone

TARGET = Target("c0ffee")
HOST = "orin"
HELD = "ann@laptop has been applying lab.yaml to this board for 3 s: wait until it has ended"


def change(sentence: str = "it differs", **more: Any) -> events.AttributeChange:
    return events.AttributeChange(attribute="a", have="", want="", sentence=sentence, **more)


def plan(*keys: str, desired: str = "d", **more: Any) -> list[Event]:
    known = [events.ResourceName(resource=key, title=key) for key in keys]
    found: list[Event] = [
        events.Surveyed(
            host=HOST, phase="plan", survey="s", desired=desired, resources=tuple(known), **more
        )
    ]
    found += [
        events.Planned(host=HOST, phase="plan", resource=key, cause="spec", changes=(change(),))
        for key in keys
    ]
    return [*found, events.Compared(host=HOST, phase="plan")]


IN_SYNC = plan()
OFF: list[Event] = [events.Unreachable(host=HOST, phase="plan", reason="no route")]


def began(key: str) -> Event:
    return events.Started(host=HOST, phase="apply", resource=key)


def failed(key: str, reason: str = "it failed") -> Event:
    return events.Failed(
        host=HOST, phase="apply", resource=key, begun=1.0, changes=(), reason=reason
    )


DONE: list[Event] = [
    began("file:/a"),
    events.Changed(host=HOST, phase="apply", resource="file:/a", begun=1.0, changes=()),
    events.Completed(host=HOST, phase="apply"),
]
HELD_UP: list[Event] = [events.Refused(host=HOST, phase="apply", resource="file:/a", reason=HELD)]
NO_ANSWER: list[Event] = [
    events.Verified(host=HOST, phase="verify", what="cosmos", ok=False, reason="no answer")
]
BROKEN = None
"""Stands for a run that broke off before it came to the host."""


def driven(work: Steps, answers: Sequence[list[Event] | None]) -> tuple[Ended, list[Ask]]:
    """How a host ends with these answers, each of which it must have asked for."""
    asks = [next(work)]
    left = list(answers)
    try:
        while True:
            given = left.pop(0)
            answer = Answer(host_of(HOST, given or ()), whole=given is not BROKEN)
            asks.append(work.send(answer))
    except StopIteration as end:
        assert not left, f"it has not asked for {left}"
        return end.value, asks


REVIEWED = HostReview(host=HOST, state="changes", desired="d", resources=("file:/a", "image:x"))
FILE = plan("file:/a")


@pytest.mark.parametrize(
    ("outcome", "answers"),
    [
        ("same", [IN_SYNC]),
        ("unreachable", [OFF]),
        ("changed", [FILE, DONE, IN_SYNC]),
        ("changed", [BROKEN, FILE, DONE, IN_SYNC]),
        ("changed", [FILE, BROKEN, FILE, DONE, IN_SYNC]),
        ("changed", [FILE, BROKEN, IN_SYNC, IN_SYNC]),
        ("refused", [BROKEN, BROKEN]),
        ("refused", [FILE, BROKEN, FILE, BROKEN]),
        ("refused", [plan("file:/a", "file:/b")]),
        ("refused", [plan("file:/a", desired="other")]),
        ("busy", [FILE, HELD_UP]),
        ("unreachable", [FILE, OFF]),
        ("failed", [FILE, [began("file:/a"), failed("file:/a")], FILE]),
        ("lost", [FILE, [began("file:/a"), failed("file:/a", "the connection was lost")], OFF]),
        ("lost", [FILE, DONE, OFF]),
        ("failed", [FILE, DONE, FILE]),
        ("not-fetched", [plan("image:x"), [began("image:x"), failed("image:x")]]),
    ],
)
def test_how_an_apply_ends(outcome: str, answers: list[list[Event] | None]) -> None:
    ended, _ = driven(applied(TARGET, REVIEWED, "r1"), answers)
    assert ended.outcome == outcome, ended


@pytest.mark.parametrize(
    ("outcome", "board"),
    [
        ("changed", {"applied": "old"}),
        ("changed", {"applied": TARGET.commit}),
        ("changed", {"applied": "newer", "rollout": "r1"}),
        ("refused", {"applied": "newer", "rollout": "r2"}),
        ("refused", {"applied": "newer"}),
        ("refused", {}),
    ],
)
def test_a_late_approval_replaces_no_newer_commit(outcome: str, board: dict[str, str]) -> None:
    reviewed = REVIEWED.model_copy(update={"before": "old"})
    answers = [plan("file:/a", **board), *([DONE, IN_SYNC] if outcome == "changed" else [])]
    ended, _ = driven(applied(TARGET, reviewed, "r1"), answers)
    assert ended.outcome == outcome, ended
    assert ("make a new plan" in ended.detail) == (outcome == "refused")


def test_a_service_is_asked_before_the_second_plan() -> None:
    reviewed = REVIEWED.model_copy(update={"resources": ("file:/a", "service:cosmos")})
    serving = plan("file:/a", "service:cosmos")
    ended, asks = driven(applied(TARGET, reviewed, "r1"), [serving, DONE, NO_ANSWER])
    assert (ended.outcome, ended.detail) == ("not-verified", "cosmos: no answer")
    assert [ask.phase for ask in asks] == ["plan", "apply", "verify"]


def test_what_a_run_broke_off_is_gone_on_with_alone() -> None:
    _, asks = driven(applied(TARGET, REVIEWED, "r1"), [FILE, BROKEN, FILE, DONE, IN_SYNC])
    assert [ask.alone for ask in asks] == [False, False, True, True, False]


def test_a_host_that_nobody_saw_has_its_desired_state_compared_alone() -> None:
    unseen = REVIEWED.model_copy(update={"state": "unreachable", "resources": None})
    ended, _ = driven(applied(TARGET, unseen, "r1"), [FILE, DONE, IN_SYNC])
    assert ended.outcome == "changed"
    formats = plan("filesystem:/mnt/nvme")
    (planned,) = (one for one in formats if isinstance(one, events.Planned))
    disk = change().model_copy(update={"attribute": "filesystem"})
    formats[formats.index(planned)] = planned.model_copy(update={"changes": (disk,)})
    ended, _ = driven(applied(TARGET, unseen, "r1"), [formats])
    assert ended.outcome == "refused"
    assert "a disk is formatted" in ended.detail


@pytest.mark.parametrize(
    ("outcome", "answers"),
    [
        ("undone", [IN_SYNC]),
        ("undone", [FILE, DONE, IN_SYNC]),
        ("undo-failed", [FILE, DONE, FILE]),
        ("unreachable", [OFF]),
        ("busy", [FILE, HELD_UP]),
    ],
)
def test_how_a_way_back_ends(outcome: str, answers: list[list[Event] | None]) -> None:
    ended, _ = driven(undone(TARGET), answers)
    assert ended.outcome == outcome, ended


OURS = {"rollout": "r1", "attempt": 3}


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [
        ("unreachable", OFF),
        ("untouched", plan("file:/a", applied="old")),
        ("changed-before", plan(**OURS)),
        ("begun", plan("file:/a", **OURS)),
        # A refused plan does not say whether the change is whole.
        ("unreachable", [*plan("file:/a", **OURS)[:1], *HELD_UP]),
        ("busy", plan(held="bob has been applying lab.yaml", **OURS)),
        ("taken-back", plan("file:/a", applied="old", taken_back="r1")),
        ("untouched", plan("file:/a", applied="old", taken_back="r0")),
        ("untouched", plan("file:/a", applied="old", rollout="r0")),
        ("untouched", plan("file:/a", applied=TARGET.commit, rollout="r2")),
        ("other", plan("file:/a", applied="newer", rollout="r2")),
        ("other", plan("file:/a", applied="newer")),
        ("other", plan("file:/a")),
    ],
)
def test_a_survey_says_what_the_record_names(outcome: str, answer: list[Event]) -> None:
    ended, _ = driven(surveyed(TARGET, "r1", "old"), [answer])
    assert ended.outcome == outcome, ended
    assert ended.data == ({"attempt": 3} if outcome in {"changed-before", "begun"} else {})
    if outcome == "other":
        assert "the plan was made" in ended.detail


def test_a_host_that_nobody_saw_at_the_plan_has_no_commit_to_compare_with() -> None:
    ended, _ = driven(surveyed(TARGET, "r1"), [plan("file:/a", applied="newer")])
    assert ended.outcome == "untouched"
