"""The hard gate that each service answers: healthy, with its models, and no rubbish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.board.question import RUBBISH
from jetfleet.rollout.gates.said import Said, fails, passes, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.converge.answer import Answer
    from jetfleet.rollout.gates.evidence import Evidence
    from jetfleet.rollout.gates.state import Checked


def verified(board: Evidence, _: Mapping[str, Any]) -> Iterator[Said]:
    """Find each service healthy, with its models, and an answer of each that makes sense.

    A small model may write rubbish, and not each can count: its answer counts against the change
    if that was not so before.
    """
    if board.now is None:
        yield unknown("the board was not read")
        return
    if not board.services:
        yield passes()
    for name in board.services:
        checked = board.now.checked.get(name)
        if checked is None:
            yield unknown("it was not asked", name)
        elif not checked.ok:
            yield fails(checked.reason or "it does not answer", name)
        else:
            before = board.before.checked.get(name) if board.before else None
            yield _checked(name, checked, before)


def _checked(name: str, checked: Checked, before: Checked | None) -> Said:
    known = set(_doubts(before.answers if before else ()))
    new = [doubt for doubt in _doubts(checked.answers) if doubt not in known]
    figures = {"answers": [one.figures for one in checked.answers]}
    if not new:
        return passes(name, **figures)
    reason = "; ".join(f"{model}: {doubt}" for model, doubt in new)
    earlier = before.answers if before and before.ok else ()
    if {model for model, _ in new} & {one.model for one in earlier}:
        return fails(f"{reason}, which was not so before", name, **figures)
    if any(_bad(doubt) for _, doubt in new):
        return unknown(f"{reason}, and the model was not asked before", name)
    return passes(name, **figures)


def _doubts(answers: tuple[Answer, ...]) -> list[tuple[str, str]]:
    """Return each doubt with its model, without what the server said: that differs each time."""
    found = []
    for answer in answers:
        pictured = answer.image.doubts if answer.image else ()
        found += [(answer.model, doubt.partition(" (")[0]) for doubt in answer.doubts]
        found += [(answer.model, f"of a picture, {doubt.partition(' (')[0]}") for doubt in pictured]
    return found


def _bad(doubt: str) -> bool:
    return doubt.endswith(RUBBISH)
