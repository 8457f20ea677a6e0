"""Hard gates: what has to hold on each board, whatever it was before. Any miss is a fail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.catalog.memory_level import LEVELS, memory_level
from jetfleet.rollout.gates.answers import verified
from jetfleet.rollout.gates.restarts import no_restarts
from jetfleet.rollout.gates.said import Said, fails, passes, unknown
from jetfleet.text import format_bytes, format_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jetfleet.rollout.gates.evidence import Evidence
    from jetfleet.status.reading import ServiceReading

_LEVELS = [level.name for level in LEVELS]


def in_sync(board: Evidence, _: Mapping[str, Any]) -> Iterator[Said]:
    """Find nothing to change in a second plan."""
    if board.differences is None:
        yield unknown("it was not compared with the spec again")
    elif board.differences:
        yield fails("; ".join(board.differences[:5]), differences=len(board.differences))
    else:
        yield passes(differences=0)


def no_oom(board: Evidence, _: Mapping[str, Any]) -> Iterator[Said]:
    """Find no process that the kernel has ended for its memory since the change began."""
    if board.now is None:
        yield unknown("the board was not read")
        return
    now, before = board.now.readings, board.before.readings if board.before else None
    if now.kills == 0:
        yield passes(kills=0)
    elif now.kills is None:
        yield unknown("the board does not count what its kernel ends")
    elif before is not None and before.boot == now.boot and before.kills is not None:
        new = now.kills - before.kills
        yield _killed(board, new) if new > 0 else passes(kills=0)
    elif before is not None and before.boot and now.boot and before.boot != now.boot:
        yield _killed(board, now.kills)  # all of them since the reboot, which the change made
    else:
        starts = [one.began for one in now.services.values() if one.began is not None]
        if now.killed is None or not starts:
            yield unknown(f"{now.kills} processes were ended since the boot, and not known when")
        else:
            late = [one.name for one in now.killed if one.at >= min(starts)]
            yield (
                fails(_NAMED.format(", ".join(late)), kills=len(late)) if late else passes(kills=0)
            )


_NAMED = "the kernel ended {} because memory ran out"


def _killed(board: Evidence, count: int) -> Said:
    known = board.now.readings.killed if board.now else None
    names = [one.name for one in known or ()][-count:]
    return fails(_NAMED.format(", ".join(names) or f"{count} processes"), kills=count)


def throttling(board: Evidence, _: Mapping[str, Any]) -> Iterator[Said]:
    """Find nothing that holds the clocks down and did not before."""
    if board.now is None or "throttling" in board.now.readings.errors:
        yield unknown("the board's throttling was not read")
        return
    now, before = board.now.readings, board.before.readings if board.before else None
    same_boot = before is not None and before.boot == now.boot
    was = before.over_current if before is not None and same_boot else {}
    met = [name for name, count in now.over_current.items() if count > was.get(name, 0)]
    alerts = [name for name in now.throttling if before is None or name not in before.throttling]
    new = sorted((*alerts, *met))
    if not new:
        yield passes()
    elif before is None:
        yield unknown(f"{', '.join(new)}, and not known whether that was so before")
    else:
        yield fails(f"{', '.join(new)}, which was not so before", throttling=new)


def memory(board: Evidence, settings: Mapping[str, Any]) -> Iterator[Said]:
    """Compare the level of memory use with the highest that is allowed."""
    read = board.now.readings.memory if board.now else None
    if not read or not read.total:
        yield unknown("its memory was not read")
        return
    share = (read.total - read.available) / read.total
    level, most = memory_level(share).name, str(settings["is"])
    figures: dict[str, Any] = {"share": round(share, 4), "level": level}
    if _LEVELS.index(level) > _LEVELS.index(most):
        yield fails(f"{share:.0%} of its memory is in use ({level}), at most {most}", **figures)
    else:
        yield passes(**figures)


def disk(board: Evidence, _: Mapping[str, Any]) -> Iterator[Said]:
    """Compare the free bytes of each filesystem with what the plan wants."""
    if not board.reserve:
        yield unknown("no free disk was asked for")
    for path, wanted in board.reserve.items():
        read = board.now.readings.disks.get(path) if board.now else None
        if read is None:
            yield unknown(f"{path} was not read")
        elif not read.mounted:
            yield fails(f"nothing is mounted at {path}")
        elif read.free < wanted:
            free, want = format_bytes(read.free), format_bytes(wanted)
            yield fails(f"{path} has {free} free, and {want} must stay free", free=read.free)
        else:
            yield passes(free=read.free)


def ready(board: Evidence, _: Mapping[str, Any]) -> Iterator[Said]:
    """Find each service ready, within twice its last start or as long as it makes progress."""
    if board.now is None:
        yield unknown("the board was not read")
        return
    if not board.services:
        yield passes()
    for name in board.services:
        yield _ready(board, name, board.now.readings.services.get(name))


def _ready(board: Evidence, name: str, now: ServiceReading | None) -> Said:
    if now is None or now.active == "unknown":
        return unknown("its unit was not read", name)
    if now.active == "active":
        took = start_seconds(now)
        return passes(name, **({} if took is None else {"seconds": round(took, 1)}))
    if now.active != "activating" or now.starting is None:
        return fails(f"its unit is {now.active}", name)
    last = board.before.readings.services.get(name) if board.before else None
    took = start_seconds(last) if last else None
    return _starting(board, name, now, max(board.deadline, 2 * (took or 0)))


def _starting(board: Evidence, name: str, now: ServiceReading, limit: float) -> Said:
    seconds = now.starting or 0.0
    said = f"it has been starting for {format_duration(seconds)}"
    earlier = board.ready.readings.services.get(name) if board.ready else None
    if seconds <= limit:
        return unknown(said, name, wait=True)
    if not earlier or earlier.work is None or now.work is None:
        return unknown(f"{said}, and its work is not known", name, wait=True)
    if now.work > earlier.work:
        return unknown(f"{said}, and makes progress", name, wait=True)
    return fails(f"{said} without progress, at most {format_duration(limit)}", name)


def start_seconds(service: ServiceReading) -> float | None:
    """Return how long the last start of a service took; None if it is not known."""
    if service.began is None or service.since is None or service.since < service.began:
        return None
    return service.since - service.began


HARD: dict[str, Callable[[Evidence, Mapping[str, Any]], Iterator[Said]]] = {
    "verified": verified,
    "in-sync": in_sync,
    "no-restarts": no_restarts,
    "no-oom": no_oom,
    "throttling": throttling,
    "memory": memory,
    "disk": disk,
    "ready": ready,
}
"""The hard gates by their names in a rollout file."""
