"""A server on this machine whose answers a test writes; each has what it was asked on its own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar


class Answers(BaseHTTPRequestHandler):
    """A handler that writes no log."""

    asked: list[Any]

    def do_POST(self) -> None:
        self.post()

    def do_GET(self) -> None:
        self.get()

    def post(self) -> None:
        raise NotImplementedError

    def get(self) -> None:
        raise NotImplementedError

    def body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"] or 0))

    def send(self, text: str) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_: object) -> None:
        """Write no log."""


A = TypeVar("A", bound=Answers)


@contextmanager
def answering(kind: type[A], **more: Any) -> Iterator[tuple[type[A], str]]:
    """Serve with a fresh class of this kind, which has these attributes; yield it and its URL."""
    fresh = type("Fresh", (kind,), {"asked": [], **more})
    with ThreadingHTTPServer(("127.0.0.1", 0), fresh) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield fresh, f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
