"""A lock as roles read it: entries by name, with stand-ins for those that it lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.lock.model import Lock, LockedFile, LockedImage, LockedModel

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.spec.model import ModelSpec

NOT_LOCKED = "not-locked"
"""Revision of a model that the lock lacks."""


class LockReader:
    """The lock for one run of the roles on one host.

    A role says what it needs by reading it: `images` and `models` are what was read so far. What
    the lock lacks does not stop a role: an image has no digest then, and a model has the revision
    `NOT_LOCKED` and no files. So one run of all roles names everything that must be locked.
    """

    def __init__(self, lock: Lock, models: Mapping[str, ModelSpec]) -> None:
        self.images: dict[str, None] = {}
        self.models: dict[str, None] = {}
        self._lock = lock
        self._specs = models

    @property
    def complete(self) -> bool:
        """Whether the lock has everything that was read, as the spec asks for it now."""
        images = all(reference in self._lock.images for reference in self.images)
        return images and all(self._entry(name) for name in self.models)

    def image(self, reference: str) -> LockedImage | None:
        """Return the entry of an image; None for an image that is not locked."""
        self.images[reference] = None
        return self._lock.images.get(reference)

    def model(self, name: str) -> LockedModel:
        """Return the entry of a model of the spec, or a stand-in; `FleetError` for other names."""
        if name not in self._specs:
            raise FleetError(f"a role needs the model {name}: write it under `models` in the spec")
        self.models[name] = None
        return self._entry(name) or _stand_in(self._specs[name])

    def _entry(self, name: str) -> LockedModel | None:
        locked = self._lock.models.get(name)
        return locked if locked and locked.answers(self._specs[name]) else None


def _stand_in(model: ModelSpec) -> LockedModel:
    # A model in an Ollama store is nothing without a manifest.
    paths = [f"manifests/{NOT_LOCKED}"] if model.source.form.layout == "store" else []
    files = tuple(LockedFile(path=path, size=0, sha256="0" * 64) for path in paths)
    return LockedModel(source=str(model.source), revision=NOT_LOCKED, files=files)
