"""What a check looks at: a host of a spec and what the catalog knows of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from jetfleet.catalog.images import KnownImage, NoImageError, default_image, image_by_ref
from jetfleet.catalog.l4t import resolve_l4t
from jetfleet.spec.problem import Problem

if TYPE_CHECKING:
    from jetfleet.catalog.modules import Module
    from jetfleet.spec.load import Spec
    from jetfleet.spec.model import HostSpec, Service
    from jetfleet.spec.place import Path


@dataclass(frozen=True)
class HostInSpec:
    """One host of a spec, of which problems can be told with their places."""

    spec: Spec
    host: HostSpec

    def problem(
        self, path: Path, found: str, expected: str, remedy: str, *, warning: bool = False
    ) -> Problem:
        """Return a problem of what stands at `path` below the host, placed where it was written."""
        written = self.spec.places.written(("hosts", self.host.name, *path))
        return Problem(written.place, written.key, found, expected, remedy, warning)


@dataclass(frozen=True)
class Subject(HostInSpec):
    """A host whose module and release are known, with what the catalog says of them."""

    module: Module

    @cached_property
    def l4t(self) -> str:
        """The host's L4T version, found by its JetPack where the spec leaves it out."""
        return resolve_l4t(self.host.jetpack, self.host.l4t, self.module.soc)

    @property
    def release(self) -> str:
        """The module and its release, for messages."""
        return f"{self.module.name} on L4T {self.l4t}"

    def image(self, service: Service) -> KnownImage | None:
        """Return what is known of the image that `service` runs: its own or the catalog's."""
        if service.image is not None:
            return image_by_ref(service.image)
        try:
            return default_image(service.runtime, self.module.soc, self.l4t)
        except NoImageError:
            return None
