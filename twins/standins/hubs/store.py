"""The store of a hub's large files: a client needs a signed URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twins.standins.hubs.exchange import Reply

if TYPE_CHECKING:
    from pathlib import Path

    from twins.standins.hubs.exchange import Request
    from twins.standins.hubs.signing import Signer


class Store:
    """The store of one hub, on a host of its own; all its paths begin with `prefix`.

    `origin` is the beginning of its URLs: its own name, except in tests.
    """

    def __init__(self, host: str, prefix: str, signer: Signer, origin: str | None = None) -> None:
        self.hosts = (host,)
        self._prefix, self._signer = prefix, signer
        self._origin = origin or f"https://{host}"
        self._files: dict[str, Path] = {}

    def url(self, path: str, source: Path) -> str:
        """Return a URL of the file at `prefix` + `path`, valid for the signer's time."""
        self._files[self._prefix + path] = source
        return self._signer.url(self._origin, self._prefix + path)

    def answer(self, request: Request) -> Reply | None:
        """Answer with the file; 403 for a signature that is wrong or out of date."""
        if not request.path.startswith(self._prefix):
            return None
        if "authorization" in request.headers:
            # As real object stores do. It also shows that a client sends its key to the wrong host.
            return _xml(400, "InvalidArgument", "Only one auth mechanism allowed")
        source = self._files.get(request.path)
        if source is None or not self._signer.allows(request.path, request.query):
            return _xml(403, "AccessDenied", "Request has expired or its signature is wrong")
        return Reply(200, headers=(("Content-Type", "application/octet-stream"),), file=source)


def _xml(status: int, code: str, sentence: str) -> Reply:
    body = f"<Error><Code>{code}</Code><Message>{sentence}</Message></Error>".encode()
    return Reply(status, body, (("Content-Type", "application/xml"),))
