"""The rollouts of a store that a schedule has something to do for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.rollout.decide import late_hosts
from jetfleet.rollout.fold import fold

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.rollout.store import Store


def unfinished(store: Store, now: float) -> Iterator[str]:
    """Yield the ids of rollouts that are not over, or whose quarantined hosts are still tried.

    Of a fleet, only its last rollout is caught up: an earlier one would bring back what has been
    replaced since. `now` is in seconds since 1970.
    """
    stored = store.rollouts()
    last = {one.fleet: one.id for one in stored}
    for one in stored:
        if not one.over or (last[one.fleet] == one.id and _is_caught_up(store, one.id, now)):
            yield one.id


def _is_caught_up(store: Store, name: str, now: float) -> bool:
    rollout = store.rollout(name)
    state = fold(rollout, (event for _, event in store.events(name)))
    within = now - state.began_at <= rollout.catch_up_within
    return state.ended == "incomplete" and within and bool(late_hosts(state))
