"""An HTTP server of one test: it gives prepared answers and records the requests."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from twins.standins.ca import leaf


@dataclass(frozen=True)
class Answer:
    """One answer; content that is no text is sent as JSON."""

    content: Any
    status: int = 200
    kind: str = "application/json"

    @property
    def body(self) -> bytes:
        """What goes over the wire."""
        text = self.content if isinstance(self.content, str) else json.dumps(self.content)
        return text.encode()


@dataclass
class Canned:
    """Answers by path; a list of them is used up, and then answers emptily with 200."""

    url: str
    answers: Mapping[str, Answer | list[Answer]] = field(default_factory=dict)
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    bodies: dict[str, bytes] = field(default_factory=dict)

    def body(self, path: str) -> Any:
        """The JSON of the last request to a path."""
        return json.loads(self.bodies[path])

    def answer(self, talk: BaseHTTPRequestHandler) -> None:
        """Answer one request."""
        length = int(talk.headers.get("Content-Length") or 0)
        self.bodies[talk.path] = talk.rfile.read(length)
        self.asked.append((talk.path, dict(talk.headers)))
        found = self.answers.get(talk.path, Answer("not found", status=404))
        if isinstance(found, list):
            found = found.pop(0) if found else Answer("")
        talk.send_response(found.status)
        talk.send_header("Content-Type", found.kind)
        if found.status // 100 == 3:
            talk.send_header("Location", "/login")
        talk.end_headers()
        talk.wfile.write(found.body)


@contextmanager
def serving(tls: Path | None = None) -> Iterator[Canned]:
    """Serve on a free port until the end; with a folder for its certificate, by TLS."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    if tls:
        server.socket = _context(tls).wrap_socket(server.socket, server_side=True)
    canned = Canned(f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}")

    class Talk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            canned.answer(self)

        def do_POST(self) -> None:
            canned.answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server.RequestHandlerClass = Talk
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield canned
    finally:
        server.shutdown()
        server.server_close()


def _context(folder: Path) -> ssl.SSLContext:
    made = leaf(folder, folder, ["127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    return context
