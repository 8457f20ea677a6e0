"""What a change means for a board: what restarts, whether it reboots, what it has to fetch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.resources import Board, Daemon, Image, Model, PowerMode, Service, Unit

if TYPE_CHECKING:
    from jetfleet.resources import Resource

DesiredState = Mapping[str, "Resource[Any]"]


@dataclass(frozen=True)
class Effect:
    """The effect on one host.

    Parameters
    ----------
    restarts, starts:
        Names of units, as systemd has them.
    reboot:
        ``needed``, ``perhaps`` where the catalog does not know, or empty.
    fetch:
        Bytes of images and models that the old rendering does not have.
    refused:
        Why the host would be refused as it is, or empty.

    """

    restarts: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    reboot: str = ""
    fetch: int = 0
    refused: str = ""


def effect(old: DesiredState, new: DesiredState) -> Effect:
    """Return what it means for a host to come from one rendering to the other."""
    restarts, starts = [], []
    for key, want in sorted(new.items()):
        unit = _unit(want)
        have = old.get(key)
        if unit and have is None:
            starts.append(unit)
        elif unit and have != want:
            restarts.append(unit)
    docker = "docker.service" in restarts
    if docker:
        # With the engine all of its containers go down, and come back by their units.
        restarts += [r.unit for r in new.values() if isinstance(r, Service) and r.key in old]
    return Effect(
        restarts=tuple(dict.fromkeys(restarts)),
        starts=tuple(starts),
        reboot=_reboot(old, new),
        fetch=sum(_bytes(want) for key, want in new.items() if _is_other(old.get(key), want)),
        refused=_refused(old, new),
    )


def _unit(resource: Resource[Any]) -> str:
    if isinstance(resource, Service):
        return resource.unit
    if isinstance(resource, Unit):
        return resource.name
    return "docker.service" if isinstance(resource, Daemon) else ""


def _reboot(old: DesiredState, new: DesiredState) -> str:
    for key, want in new.items():
        have = old.get(key)
        if not isinstance(want, PowerMode) or have == want:
            continue
        if not isinstance(have, PowerMode) or not want.boots:
            return "perhaps"
        if have.mode != want.mode and want.needs_reboot(have.mode):
            return "needed"
    return ""


def _is_other(have: Resource[Any] | None, want: Resource[Any]) -> bool:
    if isinstance(have, Image) and isinstance(want, Image):
        return have.digest != want.digest
    if isinstance(have, Model) and isinstance(want, Model):
        return (have.folder, have.digest) != (want.folder, want.digest)
    return have is None


def _bytes(resource: Resource[Any]) -> int:
    if isinstance(resource, Image):
        return resource.size
    return sum(file.size for file in resource.files) if isinstance(resource, Model) else 0


def _refused(old: DesiredState, new: DesiredState) -> str:
    for key, want in new.items():
        have = old.get(key)
        if isinstance(want, Board) and isinstance(have, Board) and have != want:
            return f"it has to run L4T {want.l4t} ({want.soc}) first, and {have.l4t} is written now"
    return ""
