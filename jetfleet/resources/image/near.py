"""An image whose blobs come to the board first: the engine pulls from them there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jetfleet.resources.model.fetch import Fetch
from jetfleet.resources.model.file import ModelFile
from jetfleet.steps import Links, Result, Run, Step, StepFailed
from jetfleet.steps.bundle import check_on_board, image_purpose
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from jetfleet.resources.model.image_files import ImageFiles
    from jetfleet.steps import LinkResolver, Steps

BLOBS = "images/blobs/sha256"
"""Folder of a bundle with the blobs of all images."""


@dataclass(frozen=True)
class NearImage:
    """An image by its name in messages, its repository and its digest, with its blobs."""

    id: str
    repository: str
    digest: str
    blobs: ImageFiles

    @property
    def _purpose(self) -> str:
        return image_purpose(self.repository, self.digest)

    def bring(self, resolver: LinkResolver) -> Generator[Step, Result, list[str]]:
        """Yield the steps that bring its blobs; return the folders that have them then."""
        bundle = resolver.bundle
        if bundle is None:
            yield from self._fetch(self.blobs.files, resolver)
            return [self.blobs.folder]
        if bundle.on_board:
            yield check_on_board(bundle, self._purpose, f"Check the bundle for {self.id}")
            return [f"{bundle.folder}/{BLOBS}"]
        found = {one.sha256: one for one in bundle.files(self._purpose)}
        links = Links({}, local={name: one.local for name, one in found.items()})
        files = tuple(ModelFile(one.sha256, one.size, one.sha256) for one in found.values())
        yield from self._fetch(files, replace(resolver, links=lambda *_: links))
        return [self.blobs.folder]

    def clean(self) -> Steps:
        """Yield the step that removes the blobs, which the engine has now; a seed keeps them."""
        if not self.blobs.is_seed:
            above = self.blobs.folder.rpartition("/")[0]
            yield Run(
                f"rm -rf -- {words([above])}\n", f"Remove the blobs of {self.id}", joined=True
            )

    def _fetch(self, files: Sequence[ModelFile], resolver: LinkResolver) -> Steps:
        if self.digest.partition(":")[2] not in {one.sha256 for one in files}:
            of = f"the bundle {resolver.bundle.folder}" if resolver.bundle else "the lock"
            raise StepFailed(
                f"{of} does not have the blobs of the image {self.id}: run `jetfleet "
                f"{'bundle' if resolver.bundle else 'lock'} SPEC` again"
            )
        yield from Fetch(replace(self.blobs, files=tuple(files)), tuple(files)).steps(resolver)
