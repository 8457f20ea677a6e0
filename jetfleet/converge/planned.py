"""What a plan says of one resource, written down: its changes, who made them needed, their cost."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jetfleet.converge.plan_guard import applied_in
from jetfleet.converge.record import record, tell
from jetfleet.drift.cause import cause_of
from jetfleet.resources import Daemon, Filesystem, Image, Leftovers, Model

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.converge.session import Session
    from jetfleet.resources import Change, Resource


def record_planned(
    host: str, session: Session, key: str, changes: Sequence[Change], role: str
) -> None:
    """Append the rows ``planned`` of a resource, and ``expected`` with what they will cost."""
    resource, actual = session.resources[key], session.actual(key)
    cause = cause_of(resource, actual, applied_in(session))
    record(host, key, changes, "planned", title=resource.title, role=role, cause=cause)
    effects = resource.effects(actual, changes)
    tell(
        host,
        "expected",
        resource=key,
        **asdict(effects),
        mount=_mount_of(_stored_at(resource, session), session),
        waits_for="reboot" if effects.reboot and not session.options.reboot else "",
    )


def _stored_at(resource: Resource[Any], session: Session) -> str:
    """Return the path on the board that a resource's bytes are under; empty if it has none."""
    if isinstance(resource, (Model, Leftovers)):
        return resource.directory
    if isinstance(resource, Image):
        daemons = (r for r in session.resources.values() if isinstance(r, Daemon))
        roots = (daemon.wanted.get("data-root") for daemon in daemons)
        return str(next(filter(None, roots), "/var/lib/docker"))
    return ""


def _mount_of(path: str, session: Session) -> str:
    """Return the managed mount point that a path is on; empty if it is on the boot disk."""
    mounts = [r.mount for r in session.resources.values() if isinstance(r, Filesystem)]
    return next((mount for mount in mounts if f"{path}/".startswith(f"{mount}/")), "")
