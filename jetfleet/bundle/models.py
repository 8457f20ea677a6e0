"""The models of a bundle: the files that are locked, below ``models/NAME/REVISION``."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.bundle.sources import from_bytes, from_file, from_url
from jetfleet.bundle.wanted import Wanted
from jetfleet.errors import FleetError
from jetfleet.hubs.https import session
from jetfleet.hubs.registry import hub_of

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from jetfleet.bundle.wanted import Source
    from jetfleet.lock.model import LockedFile, LockedModel
    from jetfleet.spec.model import ModelSpec
    from jetfleet.steps import Links
    from jetfleet.workstation.workstation import Workstation


def models(
    locked: Mapping[str, LockedModel],
    specs: Mapping[str, ModelSpec],
    workstation: Workstation,
) -> Iterator[Wanted]:
    """Yield the files of locked models; a hub is asked when the first file of its model is read."""
    for name, model in sorted(locked.items()):
        links = _Links(specs[name], model, workstation)
        for file in model.files:
            path = f"models/{name}/{model.revision}/{file.path}"
            title = f"{file.path} of model {name}"
            source = links.source(file)
            yield Wanted(path, file.size, file.sha256, (f"model {name}",), title, source)


@dataclass
class _Links:
    """Where the files of one model can be had; links are asked for again when they expire."""

    model: ModelSpec
    locked: LockedModel
    workstation: Workstation
    known: dict[str, Links] = field(default_factory=dict)

    def source(self, file: LockedFile) -> Source:
        """Return the source of a file; its hub is asked only when it is read."""

        def pieces(begin: int) -> Generator[bytes]:
            links, path = self._of(file.path), file.path
            if path in links.content:
                return from_bytes(links.content[path])(begin)
            if path in links.local:
                return from_file(links.local[path])(begin)
            return self._from_hub(path)(begin)

        return pieces

    def _from_hub(self, path: str) -> Source:
        return from_url(
            lambda: session(self.workstation),
            lambda: self._of(path).urls[path][0],
            self.known.clear,
        )

    def _of(self, path: str) -> Links:
        if path not in self.known:
            links = hub_of(self.model, self.workstation).links(self.locked, [path])
            if not any(path in one for one in (links.urls, links.content, links.local)):
                raise FleetError(f"{self.model.source}: its hub gives no link for {path}")
            self.known[path] = links
        return self.known[path]
