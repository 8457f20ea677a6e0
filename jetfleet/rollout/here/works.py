"""The work on one host for each purpose of a task, as steps that ask for runs of pyinfra."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from jetfleet.rollout.here.ask import Ended
from jetfleet.rollout.here.no_way_back import irreversible
from jetfleet.rollout.here.steps import changed, converged, not_planned, planned, verified

if TYPE_CHECKING:
    from jetfleet.events.event import Surveyed
    from jetfleet.plan.model import HostPlan
    from jetfleet.rollout.here.around import Around
    from jetfleet.rollout.here.ask import Answer, Steps, Target
    from jetfleet.rollout.here.reviewed import HostReview

NEW_PLAN = "make a new plan with `jetfleet rollout plan`"


def applied(
    target: Target, reviewed: HostReview, rollout: str, around: Around | None = None
) -> Steps:
    """Bring a host what was reviewed, and nothing else; verify it, and plan it again."""
    first = yield from planned(target)
    if ended := not_planned(first):
        return ended
    plan = first.plan
    before = {"before": plan.applied or ""}
    if plan.state == "in-sync":
        return Ended("changed-before" if first.rollout == rollout else "same", data=before)
    survey, known = first.run.survey, {reviewed.before, target.commit}
    if survey and reviewed.before and survey.rollout != rollout and survey.applied not in known:
        # An approval may come late, and would put an older state in place of a newer one.
        return Ended("refused", _applied_since(survey))
    if reason := other_than_reviewed(plan, reviewed):
        return Ended("refused", reason)
    # After an earlier attempt of this rollout it is not as it was before the rollout any more.
    if around and first.rollout != rollout:
        yield from around.before(target)
    again = around.ready(target) if around else converged(target)
    for step in (changed(target, plan), verified(target, plan), again):
        if ended := (yield from step):
            return ended
    readings = {"readings": around.data} if around and around.data else {}
    return Ended("changed", data={**before, **readings})


def with_board(work: Steps) -> Steps:
    """Add to how a host ends what its board has said with the last change; see `Answer.written`."""
    changing: list[Answer] = []
    try:
        ask = next(work)
        while True:
            answer = yield ask
            changing += [answer] if ask.phase == "apply" else []
            ask = work.send(answer)
    except StopIteration as end:
        ended: Ended = end.value
    written = [one.written for one in changing if one.written]
    return replace(ended, data={**ended.data, **(written[-1] if written else {})})


def other_than_reviewed(plan: HostPlan, reviewed: HostReview) -> str:
    """Return what a plan does that was not reviewed; empty if there is nothing of it."""
    if plan.desired != reviewed.desired:
        return (
            "its spec, lock, roles or templates are not those that the plan was made of: "
            f"{NEW_PLAN}"
        )
    if reviewed.resources is None:
        what = irreversible(plan)
        return f"{what}, and nobody could review that: {NEW_PLAN}" if what else ""
    new = [one for one in plan.resources if one.resource not in reviewed.resources]
    if new:
        change = next((one.sentence for one in new[0].changes), new[0].title)
        return f"the board has changed since the plan ({change}): {NEW_PLAN}"
    return ""


def surveyed(target: Target, rollout: str, before: str = "") -> Steps:
    """Say what is on a host of this rollout; change nothing.

    `before` is the commit that it had when the plan was made, where that is known.
    """
    answer = yield from planned(target)
    survey = answer.run.survey
    if survey is None:
        return Ended("unreachable", answer.unreachable or answer.reason)
    if survey.held:
        return Ended("busy", survey.held)
    if survey.rollout != rollout:
        return _not_of(survey, rollout, {before, target.commit} if before else set())
    outcomes = {"in-sync": "changed-before", "changes": "begun"}
    # A refused plan does not say whether its change has come to its end.
    outcome = outcomes.get(answer.plan.state, "unreachable")
    detail = "its change was begun, and has not come to its end" if outcome == "begun" else ""
    data = {"attempt": survey.attempt} if outcome != "unreachable" else {}
    return Ended(outcome, answer.reason or detail, data)


def _not_of(survey: Surveyed, rollout: str, commits: set[str]) -> Ended:
    """Return what is on a board whose record does not name the rollout."""
    if survey.taken_back == rollout:
        return Ended("taken-back")
    if commits and survey.applied not in commits:
        return Ended("other", _applied_since(survey))
    return Ended("untouched")


def _applied_since(survey: Surveyed) -> str:
    if not survey.applied:
        return f"its record names no commit any more, and did when the plan was made: {NEW_PLAN}"
    commit = survey.applied[:12]
    by = f" by the rollout {survey.rollout[:64]}" if survey.rollout else ""
    return f"{commit} was applied to it{by} since the plan was made: {NEW_PLAN}"


def undone(target: Target) -> Steps:
    """Bring a host what its record named before, verified."""
    first = yield from planned(target)
    ended = not_planned(first)
    if ended is None and first.plan.state == "changes":
        for step in (changed(target, first.plan), verified(target, first.plan)):
            ended = ended or (yield from step)
        ended = ended or (yield from converged(target))
    if ended is None:
        return Ended("undone", data={"commit": target.commit})
    known = ended.outcome in {"unreachable", "busy"}
    return Ended(ended.outcome if known else "undo-failed", ended.detail)


def staged(target: Target) -> Steps:
    """Fetch what a host will need; nothing is activated, and it is not verified."""
    first = yield from planned(target)
    ended = not_planned(first)
    if ended is None and first.plan.state == "changes":
        ended = yield from changed(target, first.plan)
    return Ended("not-staged", ended.detail) if ended else Ended("staged")
