"""Hugging Face: a commit's tree, sha256 of large files, git ids of small ones.

The protocol is that of huggingface_hub 2.4.0 (https://github.com/huggingface/huggingface_hub). That
client checks no hash and may report success with half a folder, so only its protocol is used.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from jetfleet.errors import FleetError
from jetfleet.hubs.base import Listed
from jetfleet.hubs.online import SMALL, Online

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jetfleet.hubs.https import HttpError
    from jetfleet.lock.model import LockedModel
    from jetfleet.steps import Links
from jetfleet.text import format_bytes


class HuggingFace(Online):
    """A model repository at one commit, written ``hf:ORG/NAME[@REVISION]``."""

    title = "Hugging Face"
    address = "https://huggingface.co"

    def listing(self) -> LockedModel:
        revision = quote(self.part.get("revision", "main"), safe="")
        with self.reading():
            info = self.get(f"{self.base}/api/models/{self.part['name']}/revision/{revision}")
            commit = str(info.json()["sha"])
            files = self._hashed(commit, self.chosen(list(self._tree(commit))))
        return self.locked(commit, files)

    def links(self, locked: LockedModel, paths: Sequence[str]) -> Links:
        return self.open_links(locked, {path: self._url(locked.revision, path) for path in paths})

    def remedy(self, error: HttpError) -> str | None:
        name, reader = (
            self.part["name"],
            "this key" if self.key else "those without a key (api_key)",
        )
        if error.code == "GatedRepo":
            return (
                f"the model has a licence: accept it at {self.address}/{name} with "
                "the account of the key that api_key points to, and run again"
            )
        if error.code == "RevisionNotFound":
            return f"Hugging Face has no such revision: choose one at {self.address}/{name}/commits"
        if error.code == "EntryNotFound":
            return "Hugging Face has lost one of its files: lock it again"
        if error.status == HTTPStatus.UNAUTHORIZED and self.key:
            return (
                "Hugging Face refuses the key: make a new one at "
                f"{self.address}/settings/tokens and set it where the spec's api_key points to"
            )
        if error.status in {401, 403, 404, 410}:
            return (
                f"Hugging Face has no model {name}, or does not show it to {reader}: check the name"
            )
        return None

    def _tree(self, commit: str) -> Iterator[Listed]:
        tree = f"{self.base}/api/models/{self.part['name']}/tree/{commit}"
        query = "recursive=true&expand=false"
        while query:
            page = self.get(f"{tree}?{query}")
            for row in page.json():
                if row["type"] == "directory":
                    continue
                large = row.get("lfs") or {}
                yield Listed(
                    path=row["path"],
                    size=large.get("size", row["size"]),
                    sha256=large.get("oid", ""),
                    git=row["oid"],
                    kind=row["type"],
                )
            # Only the cursor is used: a mirror may pass on a link to the hub itself.
            query = urlsplit(page.links.get("next", {}).get("url", "")).query

    def _hashed(self, commit: str, files: Sequence[Listed]) -> list[Listed]:
        """Add the sha256 of files that are in git itself, from content with their git id."""
        small = sum(file.size for file in files if not file.sha256)
        if small > SMALL:
            raise FleetError(
                f"{self.model.source} has {format_bytes(small)} of files that Hugging Face lists "
                f"without a sha256, and at most {format_bytes(SMALL)} are hashed here: "
                "leave some out with `exclude`"
            )
        return [file if file.sha256 else self._read(commit, file) for file in files]

    def _read(self, commit: str, file: Listed) -> Listed:
        content = self.get(self._url(commit, file.path)).content
        # https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
        blob = b"blob %d\0" % len(content) + content
        if hashlib.sha1(blob, usedforsecurity=False).hexdigest() != file.git:
            raise FleetError(
                f"Hugging Face sent {file.path} of {self.model.source} with another hash than it "
                "lists: run again; if it happens again, check the mirror or proxy in between"
            )
        return replace(file, sha256=hashlib.sha256(content).hexdigest())

    def _url(self, commit: str, path: str) -> str:
        return f"{self.base}/{self.part['name']}/resolve/{commit}/{quote(path)}"


HUB = HuggingFace
