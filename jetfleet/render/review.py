"""A fleet as it is reviewed: its committed lock, every secret as ``***``, and no workstation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from jetfleet.fleet import Fleet
from jetfleet.lock import Lock, LockedFile, LockedModel
from jetfleet.lock.file import load_lock
from jetfleet.spec.secret import SecretRef  # noqa: TC001 - pydantic reads it at run time
from jetfleet.validate import load_checked
from jetfleet.workstation import Workstation, committed_lock_path

if TYPE_CHECKING:
    from pathlib import Path

    from jetfleet.spec.load import Spec
    from jetfleet.spec.model import ModelSpec

VEIL = "***"
NOT_LOCKED = "not-locked"
"""Stands for the revision of a model that the lock does not have."""


class RedactedWorkstation(Workstation):
    """A workstation that knows no secret, and remembers which were asked for."""

    asked: list[SecretRef] = Field(default_factory=list)

    def reveal(self, reference: SecretRef) -> str:
        """Return ``***``."""
        self.asked.append(reference)
        return VEIL


def review(path: Path) -> Fleet:
    """Return the fleet of a spec file for review: the same on every workstation.

    What its lock lacks stands as not locked, so that a review can begin before `jetfleet lock`;
    `Fleet.warnings` names it. Twins of the spec that are up change nothing.

    Raises `FleetError` if the spec is wrong or the lock is broken.
    """
    lock = load_lock(committed_lock_path(path))
    spec, warnings = load_checked(path, lock)
    side = RedactedWorkstation(known_hosts=path.with_name("known_hosts"), folder=path.parent)
    gaps = Fleet(spec, lock, side).not_locked()
    fleet = Fleet(spec, _filled(lock, spec), side, commit="")
    remedy = f"run `jetfleet lock {path}` and commit the lock"
    fleet.warnings = [*warnings, *(f"{path}: {gap}: {remedy}" for gap in gaps)]
    fleet.gaps = gaps
    return fleet


def _filled(lock: Lock, spec: Spec) -> Lock:
    models = {
        name: locked
        if (locked := lock.models.get(name)) and locked.answers(model)
        else _stand_in(model)
        for name, model in spec.models.items()
    }
    return lock.model_copy(update={"models": models})


def _stand_in(model: ModelSpec) -> LockedModel:
    # A model of Ollama's registry is nothing without a manifest.
    paths = [f"manifests/{NOT_LOCKED}"] if model.hub == "ollama" else []
    files = tuple(LockedFile(path=path, size=0, sha256="0" * 64) for path in paths)
    return LockedModel(source=str(model.source), revision=NOT_LOCKED, files=files)
