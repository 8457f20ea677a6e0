"""A fleet for review: with its committed lock and every secret as ``***``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.fleet.desired import required_by
from jetfleet.fleet.fleet import Fleet
from jetfleet.lock.file import load_lock
from jetfleet.render.board import Rendered, rendered
from jetfleet.role.settings import check_of
from jetfleet.validate import load_checked
from jetfleet.workstation.workstation import Workstation, committed_lock_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from jetfleet.role.role import Role


@dataclass(frozen=True)
class Review:
    """The hosts of a fleet, rendered, and warnings.

    Parameters
    ----------
    gaps:
        What the lock lacks; stand-ins were rendered.
    warnings:
        Sentences about the spec, and about each gap.

    """

    hosts: tuple[Rendered, ...]
    gaps: tuple[str, ...]
    warnings: tuple[str, ...]


def review(path: Path, roles: Sequence[Role], others: Iterable[Role] = ()) -> Review:
    """Return the fleet of a spec file for review: the same on every workstation.

    What its lock lacks is rendered as not locked, so that a review can begin before `jetfleet
    lock`. Twins of the spec that are up change nothing. `others` are roles of other deploys, whose
    settings the spec may have too.

    Raises `FleetError` if the spec is wrong or the lock is broken.
    """
    lock = load_lock(committed_lock_path(path))
    spec, warnings = load_checked(path, lock, check_of(roles, others))
    side = Workstation(known_hosts=path.with_name("known_hosts"), folder=path.parent)
    fleet = Fleet(spec, lock, side, commit="", roles=roles)
    hosts = tuple(rendered(fleet))
    gaps = fleet.not_locked(required_by((host.name, host.found.lock) for host in hosts))
    remedy = f"run `jetfleet lock {path}` and commit the lock"
    fleet.warnings = (*warnings, *(f"{path}: {gap}: {remedy}" for gap in gaps))
    if any(host.found.failed for host in hosts):
        raise FleetError("\n".join(fleet.warnings))
    return Review(hosts, tuple(gaps), tuple(fleet.warnings))
