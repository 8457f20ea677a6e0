"""The HTTP of a loaded engine: health, models, completions, metrics."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any, ClassVar

from . import log, metrics
from .completion import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .service import Service


def bind(host: str, port: int) -> ThreadingHTTPServer:
    """Take the port without listening: until `listen`, connections are refused.

    vLLM does it in this order, so that a port in use ends it at once and not after the load.
    Raises `OSError` when the port is in use.
    """
    server = _Server((host, port), _Talk, bind_and_activate=False)
    server.server_bind()
    return server


def listen(server: ThreadingHTTPServer, service: Service) -> None:
    """Answer requests until the process ends."""
    _Talk.service = service
    server.server_activate()
    host, port = server.server_address[:2]
    log.plain(f"INFO:     Uvicorn running on http://{host!s}:{port} (Press CTRL+C to quit)")
    server.serve_forever()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        # HTTPServer's own asks the resolver for a name, which takes seconds where there is none.
        TCPServer.server_bind(self)


class _Talk(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    service: ClassVar[Service]

    def do_GET(self) -> None:
        service, path = self.service, self.path.partition("?")[0]
        if not self._allowed(path):
            return
        if path in {"/health", "/ping"}:
            self._send(200, b"")
        elif path == "/v1/models":
            self._json(200, service.models())
        elif path == "/version":
            self._json(200, {"version": service.version})
        elif path == "/metrics":
            text = metrics.page(service.engine.names[0], service.counts)
            self._send(200, text.encode(), "text/plain; version=0.0.4; charset=utf-8")
        elif path == "/standin/options":
            self._json(200, dict(service.options))
        else:
            self._json(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        path = self.path.partition("?")[0]
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self._allowed(path):
            return
        if path not in {"/v1/chat/completions", "/v1/completions"}:
            self._json(404, {"detail": "Not Found"})
            return
        try:
            self._json(200, self.service.complete(_request(body), chat="chat" in path))
        except Refusal as refusal:
            self._json(refusal.status, refusal.body)

    def _allowed(self, path: str) -> bool:
        keys = self.service.keys
        token = self.headers.get("Authorization", "").partition("Bearer ")[2]
        if not keys or not path.startswith("/v1") or token in keys:
            return True
        self._json(401, {"error": "Unauthorized"})
        return False

    def _json(self, status: int, content: Mapping[str, Any]) -> None:
        self._send(status, json.dumps(content).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str = "") -> None:
        self.send_response(status)
        if kind:
            self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - inherited
        host, port = self.client_address[:2]
        log.plain(f"INFO:     {host}:{port} - {format % args}")


def _request(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError as error:
        raise Refusal(400, "BadRequestError", f"JSON decode error: {error}") from None
    if not isinstance(asked, dict):
        raise Refusal(400, "BadRequestError", "The request is no JSON object.")
    return asked
