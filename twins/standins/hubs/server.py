"""The HTTPS server of all hubs of a fleet, and the control server beside it on loopback."""

from __future__ import annotations

import json
import ssl
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import TYPE_CHECKING, Any

from twins.standins.hubs.exchange import Reply, Request, json_reply
from twins.standins.hubs.faults import Fault, Faults
from twins.standins.hubs.send import outgoing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twins.standins.ca import Leaf
    from twins.standins.hubs.exchange import Site
    from twins.standins.hubs.ledger import Ledger


@dataclass(frozen=True)
class Hubs:
    """The state that all connections share."""

    sites: Sequence[Site]
    ledger: Ledger
    faults: Faults = field(default_factory=Faults)

    def answer(self, request: Request) -> tuple[str, Reply]:
        """Answer by the site of that name, or (asked by address) by the first that knows the path.

        Also returns `host/path` with the site's first name, for counters and faults.
        """
        named = [site for site in self.sites if request.host in site.hosts]
        for site in named or self.sites:
            reply = site.answer(request)
            if reply is not None:
                return site.hosts[0] + request.path, reply
        return request.host + request.path, json_reply(404, {"error": "not found"})


class _Threads(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        # HTTPServer's own method asks a resolver for a name: seconds, if there is no resolver.
        TCPServer.server_bind(self)


class Server(_Threads):
    """The hubs over TLS at `address`."""

    def __init__(self, address: tuple[str, int], leaf: Leaf, hubs: Hubs) -> None:
        self.hubs = hubs
        super().__init__(address, _Talk)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(leaf.certificate, leaf.key)
        # The handshake is done in the connection's thread, so that a slow client delays no other.
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - inherited
        """Print nothing: tests make clients end in mid-transfer on purpose."""


class Control(_Threads):
    """`/faults` (GET, POST, DELETE) and `/bytes` (GET, DELETE), on loopback only."""

    def __init__(self, hubs: Hubs) -> None:
        self.hubs = hubs
        super().__init__(("127.0.0.1", 0), _Turn)


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body are two writes; else the second waits 40 ms for the first to be acknowledged.
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - inherited
        pass

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))


class _Talk(_Quiet):
    server: Server

    def do_GET(self) -> None:
        request = Request.read(self.command, self.path, dict(self.headers.items()), self._body())
        place, reply = self.server.hubs.answer(request)
        client = str(self.client_address[0])
        fault = self.server.hubs.faults.take(place, client)
        if fault and fault.status:
            wait = () if fault.retry_after is None else (("Retry-After", str(fault.retry_after)),)
            reply = Reply(fault.status, b'{"error": "on purpose"}', wait)
        out = outgoing(request, reply, fault)
        self.send_response(out.status)
        for name, value in out.headers:
            self.send_header(name, value)
        self.end_headers()
        sent = 0
        try:
            for piece in out.pieces():
                self.wfile.write(piece)
                sent += len(piece)
        finally:
            self.server.hubs.ledger.note(request, place, client, out.status, sent)
            self.close_connection = self.close_connection or not out.whole

    do_HEAD = do_GET  # noqa: N815 - inherited names
    do_POST = do_GET  # noqa: N815


class _Turn(_Quiet):
    server: Control

    def do_GET(self) -> None:
        hubs = self.server.hubs
        self._send(200, hubs.ledger.bytes() if self.path == "/bytes" else hubs.faults.listed())

    def do_POST(self) -> None:
        try:
            self.server.hubs.faults.add(Fault.read(json.loads(self._body())))
        except (TypeError, ValueError) as error:
            self._send(400, {"error": str(error)})
        else:
            self._send(200, self.server.hubs.faults.listed())

    def do_DELETE(self) -> None:
        if self.path == "/bytes":
            self.server.hubs.ledger.forget()
        else:
            self.server.hubs.faults.clear()
        self._send(200, {})

    def _send(self, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
