"""What a role is given: one host's spec and what the fleet's lock says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jetfleet.catalog.modules import Module, l4t_of, module
from jetfleet.images import image_of
from jetfleet.resources import Image, Model, ModelFile, Resource

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jetfleet.catalog.images import KnownImage
    from jetfleet.lock import Lock
    from jetfleet.spec.model import HostSpec, ModelSpec, Service
    from jetfleet.spec.secret import SecretRef


SEED_PORT = 8470
"""Port on which a seed serves its models to the hosts of its groups."""


@dataclass(frozen=True)
class RoleInput:
    """The input of a role; the same input always gives the same resources.

    Parameters
    ----------
    models:
        All models of the spec by name.
    reveal:
        Returns the value behind a secret reference (``***`` where a rendering is reviewed).
    seeds:
        Base URLs of the seeds that serve a model to this host, by the model's name.
    so_far:
        What the roles before this one want on this host.
    commit:
        Of the spec's repository, if it is in one.

    """

    host: HostSpec
    models: Mapping[str, ModelSpec]
    lock: Lock
    reveal: Callable[[SecretRef], str]
    seeds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    so_far: Sequence[Resource[Any]] = ()
    commit: str = ""

    @property
    def module(self) -> Module:
        """The host's module in the catalog."""
        return module(self.host.module)

    @property
    def l4t(self) -> str:
        """The host's L4T release, such as ``36.4.3``."""
        return l4t_of(self.host)

    def image_of(self, service: Service) -> tuple[Image, KnownImage]:
        """Return the image of a service as a resource, and what the catalog knows of it."""
        known = image_of(self.host, service)
        name, tag = known.ref.name, known.ref.tag
        locked = self.lock.images.get(known.ref.full)
        if locked is None:
            return Image(name, tag, known.ref.digest), known
        return Image(name, tag, locked.digest, locked.size), known

    def files_of(self, name: str) -> tuple[ModelFile, ...]:
        """Return the files of a model as they are locked."""
        files = self.lock.models[name].files
        return tuple(ModelFile(f.path, f.size, f.sha256) for f in files)

    def model(self, name: str) -> Model:
        """Return a model of the host as a resource, as it is locked."""
        locked = self.lock.models[name]
        on = self.host.models
        storage = self.host.storage
        inside = storage is not None and on.dir.startswith(f"{storage.mount}/")
        return Model(
            name=name,
            revision=locked.revision,
            source=locked.source,
            directory=on.dir,
            files=self.files_of(name),
            mount=storage.mount if storage and inside else "",
            max_rate=on.max_rate or "",
            seeds=self.seeds.get(name, ()),
            is_seed=on.seed,
        )
