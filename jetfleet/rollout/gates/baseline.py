"""With what the figures of a board are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from jetfleet.rollout.gates.key import changed
from jetfleet.rollout.gates.validity import invalid, throttled, unlike

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jetfleet.rollout.gates.interval import Runs
    from jetfleet.rollout.gates.probed import Record

Kind = Literal["before", "history", "class", "floor"]

LEAST_RECORDS = 3
"""Fewer earlier records of a board do not show how far its runs lie apart."""

MOST_RECORDS = 10
"""Only the latest count: a board ages, and its disk fills."""


@dataclass(frozen=True)
class Baseline:
    """The figures to compare with; without any, `reason` says why."""

    kind: Kind | None = None
    runs: Runs = ()
    reason: str = ""


def baseline(
    figure: str,
    after: Record,
    before: Record | None,
    records: Sequence[Record],
    *,
    floor: bool,
) -> Baseline:
    """Return the first of these that there is.

    1. The same board before the change, in this rollout.
    2. Its own records of equal circumstances, from `LEAST_RECORDS` on.
    3. Records of other boards, with the very same key.
    4. The floor of the rollout file.

    Parameters
    ----------
    records:
        Those that are kept as baselines: of boards before a change, and of waves that passed.
    floor:
        Whether the rollout file has a least or highest figure.

    """
    reason = "nothing was measured before the change"
    if before is not None:
        reason = _why_not(figure, before, after)
        if not reason:
            return Baseline("before", (before.values(figure),))
    good = [one for one in records if one.service == after.service and _counts(figure, one, after)]
    keys = {after.key.whole}
    if before is not None and not changed(before.key, after.key):
        keys.add(before.key.whole)
    own = _latest(one for one in good if one.host == after.host and one.key.whole in keys)
    if len(own) >= LEAST_RECORDS:
        return Baseline("history", _runs(figure, own))
    others = _latest(
        one for one in good if one.host != after.host and one.key.whole == after.key.whole
    )
    if others:
        return Baseline("class", _runs(figure, others))
    return (
        Baseline("floor") if floor else Baseline(reason=f"{reason}, and there is no other record")
    )


def _why_not(figure: str, before: Record, after: Record) -> str:
    """Return why the record before the change cannot be compared with; empty if it can."""
    touched = changed(before.key, after.key)
    if touched:
        return (
            f"the change touches {', '.join(touched)}, so that the figures before it do not count"
        )
    if not before.values(figure):
        return f"nothing was measured before the change ({before.probe.error or 'no answer'})"
    bad = "" if figure == "load_seconds" else invalid(before.probe)
    return f"before the change, {bad}" if bad else unlike(before, after)


def _counts(figure: str, record: Record, after: Record) -> bool:
    probe = record.probe
    if not record.values(figure) or throttled(probe) or probe.rubbish:
        return False
    return figure == "load_seconds" or (probe.streamed == after.probe.streamed)


def _latest(records: Iterable[Record]) -> list[Record]:
    return sorted(records, key=lambda one: one.at)[-MOST_RECORDS:]


def _runs(figure: str, records: Sequence[Record]) -> Runs:
    return tuple(one.values(figure) for one in records)
