"""Releases on GitHub, and Ollama's address that redirects to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from twins.standins.hubs.exchange import Reply
from twins.standins.hubs.github.place import PLACE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twins.standins.hubs.accepted import Keys
    from twins.standins.hubs.content.models import Model
    from twins.standins.hubs.exchange import Request
    from twins.standins.hubs.store import Store

_ASSET = re.compile(r"/(?P<name>[^/]+/[^/]+)/releases/download/(?P<version>[^/]+)/(?P<file>[^/]+)")
_DOWNLOAD = re.compile(r"/download/(?P<file>[^/]+)")
_SUMS = "sha256sum.txt"


class Releases:
    """`github.com/<name>/releases/download/<version>/<file>`, `ollama.com/download/<file>`.

    The real ones send elsewhere, as the model hubs here do; these answer themselves, so that a
    workstation, which knows the hubs by their one address, can read them too.
    """

    hosts = PLACE.hosts

    def __init__(self, releases: Sequence[Model]) -> None:
        self._releases = {(m.definition.name, m.definition.version): m for m in releases}

    def answer(self, request: Request) -> Reply | None:
        """Answer with an archive, or the list of their sha256; `None` for other paths."""
        found = _ASSET.fullmatch(request.path)
        if found:
            return self._file(found["name"], found["version"], found["file"])
        found = _DOWNLOAD.fullmatch(request.path)
        if not found:
            return None
        version = request.query.get("version")
        newest = max((v for n, v in self._releases if n == "ollama/ollama"), default="")
        return self._file("ollama/ollama", f"v{version}" if version else newest, found["file"])

    def _file(self, name: str, version: str, file: str) -> Reply:
        release = self._releases.get((name, version))
        if release is None:
            return Reply(404, b"Not Found")
        if file == _SUMS:
            lines = "".join(f"{one.sha256}  ./{one.path}\n" for one in release.files)
            return Reply(200, lines.encode(), (("Content-Type", "application/octet-stream"),))
        found = release.file(file)
        return Reply(200, file=found.source) if found else Reply(404, b"Not Found")


def site(models: Sequence[Model], _keys: Keys, _store: Store) -> Releases:
    """Return the hub with these models."""
    return Releases(models)
