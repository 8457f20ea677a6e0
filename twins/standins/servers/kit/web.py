"""A small HTTP server, and answers of JSON, text and events."""

from __future__ import annotations

import json
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JSON = "application/json"
EVENTS = "text/event-stream; charset=utf-8"
LINES = "application/x-ndjson"


class Server(ThreadingHTTPServer):
    """A server whose port is taken before it listens: until `open`, connections are refused."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, talk: type[Talk]) -> None:
        """Take the port; raises `OSError` when it is in use."""
        super().__init__((host, port), talk, bind_and_activate=False)
        self.server_bind()

    def server_bind(self) -> None:
        """Take the port."""
        # HTTPServer's own method asks a resolver for a name: seconds, if there is no resolver.
        TCPServer.server_bind(self)

    def open(self) -> None:
        """Answer requests until the process ends."""
        self.server_activate()
        self.serve_forever()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - inherited
        """Print nothing about clients that close their connection."""


class Talk(BaseHTTPRequestHandler):
    """One connection; subclasses have `get` and `post`."""

    protocol_version = "HTTP/1.1"
    # Head and body are two writes; else the second waits 40 ms for the first to be acknowledged.
    disable_nagle_algorithm = True
    seconds_a_piece: ClassVar[float] = 0.0

    def do_GET(self) -> None:
        """Answer a GET."""
        self._body()
        self.get(self.path.partition("?")[0])

    def do_POST(self) -> None:
        """Answer a POST."""
        body = self._body()
        self.post(self.path.partition("?")[0], body)

    def get(self, path: str) -> None:
        """Answer a GET of a path without its query."""
        self.json(404, {"error": f"not found: {path}"})

    def post(self, path: str, body: bytes) -> None:
        """Answer a POST."""
        self.json(404, {"error": f"not found: {path}", "read": len(body)})

    def json(self, status: int, content: object) -> None:
        """Answer with JSON."""
        self.send(status, json.dumps(content).encode(), JSON)

    def text(self, status: int, content: str, kind: str = "text/plain; charset=utf-8") -> None:
        """Answer with text."""
        self.send(status, content.encode(), kind)

    def send(
        self,
        status: int,
        body: bytes = b"",
        kind: str = "",
        more: Mapping[str, str] | None = None,
    ) -> None:
        """Answer with bytes; `more` are further headers."""
        self.send_response(status)
        for name, value in (more or {}).items():
            self.send_header(name, value)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def stream(self, pieces: Iterable[bytes], kind: str) -> None:
        """Answer piece by piece, each sent at once."""
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        began = time.monotonic()
        for number, piece in enumerate(pieces, 1):
            # By the clock of the whole answer: what one sleep takes too long, the next makes good.
            time.sleep(max(0.0, began + number * self.seconds_a_piece - time.monotonic()))
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def bearer(self) -> str:
        """Return the token of an `Authorization: Bearer`."""
        return self.headers.get("Authorization", "").partition("Bearer ")[2]

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - inherited
        """Log no request: the log has only the program's own lines."""
