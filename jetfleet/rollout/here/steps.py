"""Steps that the work on a host is made of: plan, change, verify, plan again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Image, Model
from jetfleet.rollout.here.ask import Answer, Ask, Ended
from jetfleet.steps.lease import is_held
from jetfleet.text import format_count

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from jetfleet.plan.model import HostPlan
    from jetfleet.rollout.here.ask import Target

    Step = Generator[Ask, Answer, Ended | None]
    """Returns how the host has ended; None if its work goes on."""

FETCHED = frozenset({Image.kind, Model.kind})


def planned(target: Target) -> Generator[Ask, Answer, Answer]:
    """Plan; once more alone if an exception on another host has ended the run."""
    answer = yield Ask("plan", target)
    if not answer.whole:
        answer = yield Ask("plan", target, alone=True)
    return answer


def not_planned(answer: Answer) -> Ended | None:
    """Return how a host has ended of which there is no plan; None if there is one."""
    if answer.unreachable:
        return Ended("unreachable", answer.unreachable)
    if answer.plan.state in {"in-sync", "changes"}:
        return None
    return Ended("refused", answer.reason or "its plan broke off: see the log of the task")


def changed(target: Target, plan: HostPlan) -> Step:
    """Carry a plan out; what an exception on another host has cut off is gone on with alone."""
    answer = yield Ask("apply", target, plan)
    touched = answer.touched
    if not answer.whole:
        again = yield Ask("plan", target, alone=True)
        if again.unreachable:
            return Ended("lost" if touched else "unreachable", again.unreachable)
        if again.plan.state == "in-sync":
            return None
        if ended := not_planned(again):
            return Ended("failed", ended.detail) if touched else ended
        answer = yield Ask("apply", target, again.plan, alone=True)
        touched = touched or answer.touched
    if answer.whole and answer.run.completed:
        return None
    if not touched:
        return _turned_away(answer)
    return (yield from _failed(target, answer))


def _turned_away(answer: Answer) -> Ended:
    if answer.unreachable:
        return Ended("unreachable", answer.unreachable)
    reason = answer.reason or "the run broke off before it began: see the log of the task"
    return Ended("busy" if is_held(reason) else "refused", reason)


def _failed(target: Target, answer: Answer) -> Step:
    """Tell a host that answers from one that fell silent after its first change had begun."""
    reason = answer.unreachable or answer.reason
    if answer.unreachable:
        return Ended("lost", reason)
    begun = [one.key for one in answer.run.resources.values() if one.begun is not None]
    if all(key.partition(":")[0] in FETCHED for key in begun):
        return Ended("not-fetched", reason)
    again = yield from planned(target)
    return Ended("lost" if again.unreachable else "failed", reason)


def verified(target: Target, plan: HostPlan) -> Step:
    """Ask the services of a host for an answer, if it has any."""
    keys = [*plan.in_sync, *(one.resource for one in plan.resources)]
    if not any(key.startswith("service:") for key in keys):
        return None
    answer = yield Ask("verify", target)
    if not answer.whole and not answer.run.failures:
        answer = yield Ask("verify", target, alone=True)
    if answer.unreachable:
        return Ended("lost", answer.unreachable)
    if answer.run.failures or not answer.whole:
        return Ended("not-verified", answer.reason or "its services could not be asked")
    return None


def converged(target: Target) -> Step:
    """Plan again: a change that is whole leaves nothing to do, but for what needs a reboot."""
    answer = yield from planned(target)
    if answer.unreachable:
        return Ended("lost", answer.unreachable)
    if ended := not_planned(answer):
        return Ended("failed", f"a second survey was refused: {ended.detail}")
    return still_different(
        [
            change.sentence
            for one in answer.plan.resources
            for change in one.changes
            if not change.waits_for
        ]
    )


def still_different(left: Sequence[str]) -> Ended | None:
    """Return how a host has ended that still differs in these; None if it does not."""
    if left:
        more = f"; and {format_count(len(left) - 1, 'more difference')}" if left[1:] else ""
        return Ended("failed", f"a second survey finds what was to be changed: {left[0]}{more}")
    return None
