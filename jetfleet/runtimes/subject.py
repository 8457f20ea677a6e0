"""What a check examines: a host of a spec and what the catalog knows of it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from jetfleet.catalog.images import KnownImage, NoImageError, default_image, image_by_ref
from jetfleet.catalog.known_models import known_model
from jetfleet.catalog.modules import l4t_of
from jetfleet.memory.need import Weights
from jetfleet.memory.weights import weight_bytes
from jetfleet.spec.problem import Problem

if TYPE_CHECKING:
    from jetfleet.catalog.modules import Module
    from jetfleet.lock.model import Lock
    from jetfleet.spec.load import Spec
    from jetfleet.spec.model import HostSpec, Service
    from jetfleet.spec.position import KeyPath


@dataclass(frozen=True)
class HostInSpec:
    """One host of a spec, whose problems are reported with their places."""

    spec: Spec
    host: HostSpec

    def spelled(self, path: KeyPath) -> str:
        """Return the key at `path` below the host as it was written: names may be normalised."""
        return str(self.spec.places.written(("hosts", self.host.name, *path)).path[-1])

    def problem(  # noqa: PLR0913 - the parts of a sentence
        self,
        path: KeyPath,
        found: str,
        expected: str,
        remedy: str,
        *,
        warning: bool = False,
        rule: str | None = None,
    ) -> Problem:
        """Return a problem of what stands at `path` below the host, placed where it was written.

        `rule` is the id of the rule that is broken, if it is one of the catalog's.
        """
        written = self.spec.places.written(("hosts", self.host.name, *path))
        service = str(path[1]) if path[:1] == ("services",) and len(path) > 1 else None
        return Problem(
            place=written.place,
            key=written.key,
            found=found,
            expected=expected,
            remedy=remedy,
            warning=warning,
            rule=rule,
            host=self.host.name,
            service=service,
        )


@dataclass(frozen=True)
class Subject(HostInSpec):
    """A host whose module and release are known, with what the catalog says of them."""

    module: Module
    lock: Lock | None = None

    @cached_property
    def l4t(self) -> str:
        """The host's L4T version, found by its JetPack where the spec leaves it out."""
        return l4t_of(self.host)

    @property
    def memory(self) -> int:
        """MemTotal of the board in bytes."""
        return self.module.memtotal_kib * 1024

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

    def weights(self, name: str | None) -> Weights:
        """Return what is known of a model: what is locked, else what its source tells."""
        model = self.spec.models.get(name or "")
        if name is None or model is None:
            return Weights(name or "nothing", None)
        known = known_model(str(model.source))
        locked = self.lock.models.get(name) if self.lock else None
        if locked is None or not locked.answers(model):
            return Weights(name, known.weights, known.architecture)
        return Weights(name, weight_bytes(locked), locked.architecture or known.architecture)
