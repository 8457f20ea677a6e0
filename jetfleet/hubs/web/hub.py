"""One file on the web, with its sha256 in the spec."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.hubs.answer import within
from jetfleet.hubs.base import Hub, Listed
from jetfleet.hubs.https import HttpError, opened, session
from jetfleet.steps import Links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.lock.model import LockedModel
    from jetfleet.spec.model import ModelSpec
    from jetfleet.workstation.workstation import Workstation

_SIZE = re.compile("[0-9]{1,19}")

# With compression the answer would have another size than the file.
_AS_IT_IS = {"Accept-Encoding": "identity"}


class Web(Hub):
    """A file, written ``https://HOST/PATH/FILE`` with its `sha256` beside it."""

    def __init__(self, model: ModelSpec, workstation: Workstation) -> None:
        super().__init__(model, workstation)
        host = self.part["host"]
        self.title = host
        self._url = f"{workstation.endpoint(host, f'https://{host}')}/{self.part['path']}"
        self._http = session(workstation)
        self._error: HttpError | None = None

    def listing(self) -> LockedModel:
        sha256 = self.model.sha256 or ""
        file = Listed(self.part["file"], self._size(), sha256)
        return self.locked(sha256[:12], self.chosen([file]))

    def links(self, locked: LockedModel, paths: Sequence[str]) -> Links:
        if self._size() != locked.size:
            raise self.changed(paths[0])
        return Links(dict.fromkeys(paths, (self._url,)))

    def _size(self) -> int:
        """Return the size from HEAD, else from GET: some hosts do not support HEAD fully."""
        size = self._said("HEAD") or self._said("GET")
        if size is None:
            if self._error is not None and not self._error.is_refusal:
                raise self._error
            raise FleetError(
                f"{self.model.source}: {self.title} does not have it, or does not tell its size: "
                "check that it can be downloaded without a login, or choose another source"
            )
        return size

    def _said(self, method: str) -> int | None:
        try:
            said = within(self._url, lambda: self._length(method))
        except HttpError as error:
            self._error = error
            return None
        self._error = None
        return int(said) if _SIZE.fullmatch(said) else None

    def _length(self, method: str) -> str:
        with opened(self._http, self._url, _AS_IT_IS, method=method) as answer:
            return answer.headers.get("Content-Length", "")


HUB = Web
