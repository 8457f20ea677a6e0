"""What goes down when a plan is carried out, and for how long: an estimate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.plan.model import Planned, Restart

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STOP_SECONDS = 5
START_SECONDS = 30
"""A container's start without its model: the interpreter, CUDA, the server's port."""
BYTES_PER_SECOND = 300e6
"""What a service loads a second, if its own last start does not tell: a cautious figure of ours,
below what an NVMe reads, for weights are also copied and repacked."""
BOOT_SECONDS = 90
DOCKER_SECONDS = 10


def outages(
    planned: Sequence[Planned], ready_seconds: Mapping[str, float], sizes: Mapping[str, int]
) -> tuple[Restart, ...]:
    """Return what is up and will be stopped, with the seconds until it answers again.

    Parameters
    ----------
    ready_seconds:
        Of each service that is up, how long its last start took.
    sizes:
        Bytes that each service loads.

    """
    rebooted = any(one.effects.reboot and not one.effects.waits_for for one in planned)
    restarted = {name for one in planned for name in one.effects.restarts}
    down = dict.fromkeys(restarted, "its own change")
    if "docker" in restarted:
        down |= {name: "restart of docker" for name in ready_seconds if name not in down}
    if rebooted:
        down |= dict.fromkeys(ready_seconds, "reboot")
    return tuple(
        Restart(
            what=name,
            seconds=round(_seconds(name, ready_seconds, sizes) + _before(because)),
            because=because,
        )
        for name, because in sorted(down.items())
    )


def _before(because: str) -> int:
    return {"reboot": BOOT_SECONDS, "restart of docker": DOCKER_SECONDS}.get(because, 0)


def _seconds(name: str, ready_seconds: Mapping[str, float], sizes: Mapping[str, int]) -> float:
    if name == "docker":
        return DOCKER_SECONDS
    if name in ready_seconds:
        return STOP_SECONDS + ready_seconds[name]
    if name in sizes:
        return STOP_SECONDS + START_SECONDS + sizes[name] / BYTES_PER_SECOND
    return STOP_SECONDS
