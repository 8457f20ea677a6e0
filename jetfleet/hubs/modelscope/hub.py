"""ModelScope: listings with sha256 and the commit of each file.

The protocol is that of modelscope 1.40.2 (https://github.com/modelscope/modelscope).
"""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from jetfleet.errors import FleetError
from jetfleet.hubs.base import Listed
from jetfleet.hubs.modelscope.spec import BRANCH
from jetfleet.hubs.online import Online

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.hubs.https import HttpError
    from jetfleet.lock.model import LockedModel
    from jetfleet.steps import Links

CAP = 3000
"""Number of entries at which a listing is cut off silently (modelscope-hub 0.5.1)."""


class ModelScope(Online):
    """A model repository at a branch or tag, written ``modelscope:ORG/NAME[@REVISION]``."""

    title = "ModelScope"
    address = "https://modelscope.cn"

    def listing(self) -> LockedModel:
        with self.reading():
            files = self.chosen(self._files())
        # A branch changes, and ModelScope names no commit for the whole of it.
        manifest = "".join(f"{file.sha256} {file.path}\n" for file in files)
        digest = hashlib.sha256(manifest.encode()).hexdigest()
        return self.locked(f"{self._branch}-{digest[:12]}", files)

    def links(self, locked: LockedModel, paths: Sequence[str]) -> Links:
        commits = {file.path: file.commit for file in locked.files}
        if not all(commits[path] for path in paths):
            with self.reading():
                self.check_unchanged(locked, paths, self._files())
        return self.open_links(
            locked, {path: self._url(path, commits[path] or self._branch) for path in paths}
        )

    def remedy(self, error: HttpError) -> str | None:
        if error.status in {401, 403}:
            return (
                "ModelScope requires a key for this model: create one at "
                f"{self.address}/my/access/token and set it where the spec's api_key points to"
            )
        if error.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            reader = "this key" if self.key else "those without a key (api_key)"
            return (
                f"ModelScope has no such model or revision, or does not show it to {reader}: check "
                f"them at {self.address}/models/{self.part['name']}"
            )
        return None

    @property
    def _branch(self) -> str:
        return self.part.get("revision", BRANCH)

    def _files(self, root: str = "") -> list[Listed]:
        """Return all files in a folder; a listing that was cut off is read folder by folder."""
        entries = self._entries(root, recursive=True)
        if len(entries) < CAP:
            return [entry for entry in entries if entry.kind != "tree"]
        entries = self._entries(root, recursive=False)
        if len(entries) >= CAP:
            raise FleetError(
                f"{self.model.source} has more than {CAP} entries in /{root}, and ModelScope lists "
                "no more: choose a model whose files are in folders, or download it by hand"
            )
        files = [entry for entry in entries if entry.kind != "tree"]
        for folder in (entry.path for entry in entries if entry.kind == "tree"):
            files += self._files(folder)
        return files

    def _entries(self, root: str, *, recursive: bool) -> list[Listed]:
        query = {"Revision": self._branch, "Recursive": str(recursive)}
        if root:
            query["Root"] = root
        answer = self.get(
            f"{self.base}/api/v1/models/{self.part['name']}/repo/files?{urlencode(query)}"
        )
        return [
            Listed(
                path=row["Path"],
                size=row["Size"],
                sha256=row.get("Sha256", ""),
                commit=row.get("Revision") or None,
                kind={"blob": "file"}.get(row["Type"], row["Type"]),
            )
            for row in answer.json()["Data"]["Files"] or ()
        ]

    def _url(self, path: str, revision: str) -> str:
        query = urlencode({"Revision": revision, "FilePath": path})
        return f"{self.base}/api/v1/models/{self.part['name']}/repo?{query}"


HUB = ModelScope
