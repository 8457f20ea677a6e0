"""The hard gate that no service has restarted since it was ready."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.rollout.gates.said import Said, fails, passes, unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.rollout.gates.evidence import Evidence
    from jetfleet.rollout.gates.state import BoardState
    from jetfleet.status.reading import ServiceReading

_SAME = 0.5
"""Seconds between two readings of the same start."""


def no_restarts(board: Evidence, _: Mapping[str, Any]) -> Iterator[Said]:
    """Find no service that has restarted since it was ready after the change.

    systemd sets its count to 0 when a person or a change starts the unit, so a service that was not
    started again since an earlier reading keeps the count that it had.
    """
    if board.now is None:
        yield unknown("the board was not read")
        return
    if not board.services:
        yield passes()
    for name in board.services:
        now = board.now.readings.services.get(name)
        if now is None or now.active == "unknown":
            yield unknown("its unit was not read", name)
        else:
            yield _of(board, name, now)


def _of(board: Evidence, name: str, now: ServiceReading) -> Said:
    at_ready = _reading(board.ready, name)
    if at_ready and at_ready.active == "active" and not _same(board.ready, board.now, name):
        return fails("it has started again since it was ready", name, restarts=now.restarts)
    if _same(board.before, board.now, name) or (at_ready and _same(board.ready, board.now, name)):
        earlier = at_ready or _reading(board.before, name)
        if earlier and _docker(now) > _docker(earlier):
            return fails("Docker has started its container again", name, restarts=_docker(now))
        if at_ready is None or not at_ready.restarts or _same(board.before, board.now, name):
            return passes(name, restarts=0)
    count = now.restarts + _docker(now)
    if count:
        times = "once" if count == 1 else f"{count} times"
        return fails(f"it was started again {times} since the change", name, restarts=count)
    if now.active != "active":
        return unknown(f"its unit is {now.active}", name)
    return passes(name, restarts=0)


def _reading(state: BoardState | None, name: str) -> ServiceReading | None:
    return state.readings.services.get(name) if state else None


def _docker(service: ServiceReading) -> int:
    return service.restarts_in_docker or 0


def _same(earlier: BoardState | None, now: BoardState | None, name: str) -> bool:
    """Tell whether two readings are of the same start of a service, in the same boot."""
    if earlier is None or now is None or earlier.readings.boot != now.readings.boot:
        return False
    was, its = _reading(earlier, name), _reading(now, name)
    if was is None or its is None or was.since is None or its.since is None:
        return False
    return abs(was.since - its.since) < _SAME
