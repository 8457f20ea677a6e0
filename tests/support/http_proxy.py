"""A forward proxy on this machine that counts what goes through it: CONNECT, and plain HTTP."""

from __future__ import annotations

import base64
import http.client
import select
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

_PIECE = 1 << 16


@dataclass
class HttpProxy:
    """A running proxy.

    Parameters
    ----------
    login:
        User and password that it requires, joined by a colon; empty: none.
    names:
        Addresses of hosts by name, as host and port; other names are looked up.
    asked:
        Each host and port that was asked for through it, with a login that it takes.
    refused:
        How many requests had no login that it takes.
    carried:
        Bytes that it has sent to clients.

    """

    login: str = ""
    names: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refused: int = 0
    carried: int = 0
    server: ThreadingHTTPServer = field(init=False)

    @property
    def port(self) -> int:
        """Its port."""
        return self.server.server_port

    def takes(self, header: str) -> bool:
        """Tell whether a request with this Proxy-Authorization may go through."""
        wanted = f"Basic {base64.b64encode(self.login.encode()).decode()}"
        return not self.login or header == wanted

    def place(self, host: str, port: int) -> tuple[str, int]:
        """Return where a host is."""
        return self.names.get(host, (host, port))


@contextmanager
def http_proxy(
    login: str = "", names: Mapping[str, tuple[str, int]] | None = None, address: str = "127.0.0.1"
) -> Iterator[HttpProxy]:
    """Run a proxy on a free port."""
    proxy = HttpProxy(login, names or {})

    class Handler(_Handler):
        running = proxy

    proxy.server = ThreadingHTTPServer((address, 0), Handler)
    proxy.server.daemon_threads = True
    threading.Thread(target=proxy.server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()


class _Handler(BaseHTTPRequestHandler):
    running: HttpProxy

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        if not self._let_in(self.path):
            return
        try:
            to = socket.create_connection(self.running.place(host, int(port)), timeout=10)
        except OSError:
            self.send_error(502)
            return
        self.send_response(200)
        self.end_headers()
        with to:
            self._relay(to)

    def _relay(self, to: socket.socket) -> None:
        ends = {self.connection: to, to: self.connection}
        with suppress(OSError):
            while True:
                ready, _, _ = select.select(list(ends), [], [], 60)
                for one in ready:
                    data = one.recv(_PIECE)
                    if not data:
                        return
                    ends[one].sendall(data)
                    self.running.carried += len(data) if one is to else 0
                if not ready:
                    return

    def do_GET(self) -> None:
        self._pass_on("GET")

    def do_HEAD(self) -> None:
        self._pass_on("HEAD")

    def _pass_on(self, method: str) -> None:
        asked = urlsplit(self.path)
        host, port = asked.hostname or "", asked.port or 80
        if not self._let_in(f"{host}:{port}"):
            return
        to = http.client.HTTPConnection(*self.running.place(host, port), timeout=10)
        path = f"{asked.path or '/'}{f'?{asked.query}' if asked.query else ''}"
        headers = {k: v for k, v in self.headers.items() if not k.lower().startswith("proxy-")}
        to.request(method, path, headers=headers)
        answer = to.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in {"transfer-encoding", "connection", "content-length"}:
                self.send_header(name, value)
        length = answer.getheader("Content-Length") if method == "HEAD" else None
        self.send_header("Content-Length", length or str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.running.carried += len(content)

    def _let_in(self, place: str) -> bool:
        self.close_connection = True
        if not self.running.takes(self.headers.get("Proxy-Authorization", "")):
            self.running.refused += 1
            self.send_response(407)
            self.send_header("Proxy-Authenticate", 'Basic realm="proxy"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return False
        self.running.asked.append(place)
        return True

    def log_message(self, *_: Any) -> None:
        pass
