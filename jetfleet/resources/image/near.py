"""An image whose blobs come to the board first, from a bundle; the engine pulls from them there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jetfleet.resources.model.fetch import Fetch
from jetfleet.resources.model.file import ModelFile
from jetfleet.resources.model.image_files import ImageFiles
from jetfleet.steps import Links, Result, Run, Step, StepFailed
from jetfleet.steps.bundle import check_on_board, image_purpose
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from jetfleet.steps import LinkResolver, Steps
    from jetfleet.steps.bundle import Bundle

BLOBS = "images/blobs/sha256"
"""Folder of a bundle with the blobs of all images."""


@dataclass(frozen=True)
class NearImage:
    """An image by its name in messages, its repository and its digest.

    `directory` is the folder in which its blobs come together.
    """

    id: str
    repository: str
    digest: str
    directory: str

    @property
    def _purpose(self) -> str:
        return image_purpose(self.repository, self.digest)

    @property
    def _folder(self) -> str:
        return self._files(()).folder

    def bring(self, resolver: LinkResolver) -> Generator[Step, Result, list[str]]:
        """Yield the steps that bring its blobs; return the folders that have them then."""
        bundle = resolver.bundle
        if bundle is None:
            raise StepFailed(f"there is no bundle for the image {self.id}: check `offline`")
        if bundle.on_board:
            yield check_on_board(bundle, self._purpose, f"Check the bundle for {self.id}")
            return [f"{bundle.folder}/{BLOBS}"]
        yield from self._fetch(bundle, resolver)
        return [self._folder]

    def clean(self) -> Steps:
        """Yield the step that removes the blobs which were brought: the engine has them now."""
        above = self._folder.rpartition("/")[0]
        yield Run(f"rm -rf -- {words([above])}\n", f"Remove the blobs of {self.id}")

    def _fetch(self, bundle: Bundle, resolver: LinkResolver) -> Steps:
        found = {one.sha256: one for one in bundle.files(self._purpose)}
        if self.digest.partition(":")[2] not in found:
            raise StepFailed(
                f"the bundle {bundle.folder} does not have the image {self.id} as it is locked: "
                "make it again with `jetfleet bundle`"
            )
        links = Links({}, local={name: one.local for name, one in found.items()})
        files = tuple(ModelFile(one.sha256, one.size, one.sha256) for one in found.values())
        yield from Fetch(self._files(files), files).steps(replace(resolver, links=lambda *_: links))

    def _files(self, files: Sequence[ModelFile]) -> ImageFiles:
        digits = self.digest.partition(":")[2][:12]
        return ImageFiles(
            name=f"image-{digits}",
            revision=digits,
            source=self.id,
            directory=self.directory,
            files=tuple(files),
            offline=True,
            image=self.id,
        )
