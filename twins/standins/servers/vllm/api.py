"""The HTTP of a loaded engine: health, models, completions, metrics."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING, Any, ClassVar

from twins.standins.servers.kit import chat, web
from twins.standins.servers.kit.chat import Refusal

from . import log, metrics
from .service import Dead

if TYPE_CHECKING:
    from .service import Service


def bind(host: str, port: int) -> web.Server:
    """Take the port without listening: until `listen`, connections are refused.

    vLLM does it in this order, so that a port in use ends it at once and not after the load.
    Raises `OSError` when the port is in use.
    """
    return web.Server(host, port, _Talk)


def listen(server: web.Server, service: Service, token_seconds: float) -> None:
    """Answer requests until the process ends."""
    _Talk.service, _Talk.seconds_a_piece = service, token_seconds
    host, port = server.server_address[:2]
    server.server_activate()
    log.plain(f"INFO:     Uvicorn running on http://{host!s}:{port} (Press CTRL+C to quit)")
    server.serve_forever()


class _Talk(web.Talk):
    service: ClassVar[Service]

    def get(self, path: str) -> None:
        service = self.service
        if not self._allowed(path):
            return
        if path in {"/health", "/ping"}:
            self.send(200)
        elif path == "/v1/models":
            self.json(200, service.models())
        elif path == "/version":
            self.json(200, {"version": service.version})
        elif path == "/metrics":
            page = metrics.page(service.engine.names[0], service.counts)
            self.text(200, page, "text/plain; version=0.0.4; charset=utf-8")
        elif path == "/standin/options":
            self.json(200, dict(service.options))
        else:
            self.json(404, {"detail": "Not Found"})

    def post(self, path: str, body: bytes) -> None:
        if not self._allowed(path):
            return
        if path not in {"/v1/chat/completions", "/v1/completions", "/v1/embeddings"}:
            self.json(404, {"detail": "Not Found"})
            return
        with self.service.running():
            self._answer(path, body)

    def _answer(self, path: str, body: bytes) -> None:
        try:
            if path == "/v1/embeddings":
                self.json(200, self.service.embed(body))
                return
            asked = chat.read(body, chat="chat" in path)
            name, done = self.service.complete(asked)
        except Dead as dead:
            self.json(dead.status, dead.body)
            self._die(dead.cause)
        except Refusal as refusal:
            self.json(refusal.status, refusal.body)
        else:
            if asked.stream:
                self.stream(chat.events(name, done, asked), web.EVENTS)
                return
            # vLLM's qwen3 parser finds no reasoning where the text holds no </think>.
            more: dict[str, Any] = {"reasoning_content": None, "tool_calls": []}
            self.json(200, chat.whole(name, done, chat=asked.chat, **more))

    def _die(self, cause: str) -> None:
        log.error("core.py", f"EngineCore encountered a fatal error.\n{cause}")
        log.plain("INFO:     Shutting down")
        # With status 0, as it is: https://github.com/vllm-project/vllm/issues/48966.
        threading.Timer(0.05, os._exit, [0]).start()

    def _allowed(self, path: str) -> bool:
        keys = self.service.keys
        if not keys or not path.startswith("/v1") or self.bearer() in keys:
            return True
        self.json(401, {"error": "Unauthorized"})
        return False

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - inherited
        host, port = self.client_address[:2]
        log.plain(f"INFO:     {host}:{port} - {format % args}")
