"""What carrying out a change costs: bytes, room on the disk, restarts, a reboot."""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch
from typing import TYPE_CHECKING, Any

from jetfleet.resources.daemon import Daemon, DaemonState
from jetfleet.resources.image import ROOM, Image, ImageState
from jetfleet.resources.leftovers import Leftovers, LeftoverState
from jetfleet.resources.model import Model, ModelState
from jetfleet.resources.power import PowerMode, PowerState
from jetfleet.resources.service import Service, ServiceState
from jetfleet.resources.unit import Unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.resources.resource import Change, Resource
    from jetfleet.steps.systemd import UnitState


@dataclass(frozen=True)
class Effects:
    """The cost of one resource's changes, as far as it is known beforehand.

    Parameters
    ----------
    internet, lan:
        Bytes that come from hubs and registries, and from seeds or the workstation; at most.
    peak, final:
        Bytes more that the disk holds while it happens and afterwards; fewer are negative. Those
        of an image are an estimate, for a lock knows only its compressed size.
    restarts:
        What is up and will be stopped and started: services by name, ``docker``, units.
    reboot:
        Why the board must be rebooted for it; empty if it need not.

    """

    internet: int = 0
    lan: int = 0
    peak: int = 0
    final: int = 0
    restarts: tuple[str, ...] = ()
    reboot: str = ""


@singledispatch
def effects_of(
    resource: Resource[Any],
    actual: Any,  # noqa: ANN401
    changes: Sequence[Change],
) -> Effects:
    """Return what making these changes costs; nothing worth naming for most kinds."""
    del resource, actual, changes
    return Effects()


@effects_of.register(Image)
def _image(resource: Image, actual: ImageState, changes: Sequence[Change]) -> Effects:
    del changes
    if actual.present:
        return Effects()
    size = resource.size
    return Effects(internet=size, peak=size * ROOM, final=size * (ROOM - 1))


@effects_of.register(Model)
def _model(resource: Model, actual: ModelState, changes: Sequence[Change]) -> Effects:
    del changes
    suspects = resource.suspects(actual)
    come = resource.missing_bytes(actual)
    replaced = sum(actual.files[f.path].size for f in suspects if f.path in actual.files)
    near = bool(resource.seeds) or resource.source.startswith("file:")
    return Effects(
        internet=0 if near else come, lan=come if near else 0, peak=come, final=come - replaced
    )


@effects_of.register(Leftovers)
def _leftovers(resource: Leftovers, actual: LeftoverState, changes: Sequence[Change]) -> Effects:
    del resource
    return Effects(final=-sum(actual.found.get(change.attribute, 0) for change in changes))


_STARTS = {"active", "running", "started-with", "container"}
"""Attributes that only a start mends."""


@effects_of.register(Daemon)
def _daemon(resource: Daemon, actual: DaemonState, changes: Sequence[Change]) -> Effects:
    del resource
    return _started("docker", _STARTS & _named(changes), up=actual.active)


@effects_of.register(Service)
def _service(resource: Service, actual: ServiceState, changes: Sequence[Change]) -> Effects:
    return _started(resource.name, _STARTS & _named(changes), up=actual.active == "active")


@effects_of.register(Unit)
def _unit(resource: Unit, actual: UnitState, changes: Sequence[Change]) -> Effects:
    return _started(resource.name, _named(changes), up=actual.active == "active")


@effects_of.register(PowerMode)
def _power(resource: PowerMode, actual: PowerState, changes: Sequence[Change]) -> Effects:
    del changes
    return Effects(reboot=f"power mode {resource.mode}" if resource.boots_into(actual) else "")


def _named(changes: Sequence[Change]) -> set[str]:
    return {change.attribute for change in changes}


def _started(name: str, by: set[str], *, up: bool) -> Effects:
    return Effects(restarts=(name,) if by and up else ())
