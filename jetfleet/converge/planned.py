"""Log what a plan says of one resource: its changes, their cause and their cost."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jetfleet.converge.attribute_change import changes_of
from jetfleet.converge.plan_guard import applied_in
from jetfleet.drift.cause import cause_of
from jetfleet.events.event import Effects, Planned
from jetfleet.events.write import log_event
from jetfleet.resources import Daemon, Filesystem, Image, Leftovers, Model
from jetfleet.resources.daemon import DaemonState
from jetfleet.resources.daemon.store import images_root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.converge.session import Session
    from jetfleet.resources import Change, Resource


def log_planned(host: str, session: Session, key: str, changes: Sequence[Change]) -> None:
    """Log the event `Planned` of a resource."""
    resource, actual = session.resources[key], session.expected(key)
    cost = resource.effects(actual, changes)
    effects = Effects(
        **asdict(cost),
        mount=_mount_of(_stored_at(resource, session), session),
        waits_for="reboot" if cost.reboot and not session.options.reboot else "",
    )
    planned = Planned(
        host=host,
        resource=key,
        cause=cause_of(resource, actual, applied_in(session)),
        changes=changes_of(changes),
        effects=effects,
    )
    log_event(planned)


def _stored_at(resource: Resource[Any], session: Session) -> str:
    """Return the path on the board that a resource's bytes are under; empty if it has none."""
    if isinstance(resource, (Model, Leftovers)):
        return resource.directory
    if isinstance(resource, Image):
        daemons = (r for r in session.resources.values() if isinstance(r, Daemon))
        known = ((session.known.get(daemon.key), daemon.wanted) for daemon in daemons)
        roots = (images_root(one, wanted) for one, wanted in known if isinstance(one, DaemonState))
        return next(roots, "/var/lib/docker")
    return ""


def _mount_of(path: str, session: Session) -> str:
    """Return the managed mount point that a path is on; empty if it is on the boot disk."""
    mounts = [r.mount for r in session.resources.values() if isinstance(r, Filesystem)]
    return next((mount for mount in mounts if f"{path}/".startswith(f"{mount}/")), "")
