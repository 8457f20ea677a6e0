"""`trtllm-serve MODEL`: the port is taken first, and listened on when the model is loaded."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from twins.standins.servers.kit import chat, life, openai, web
from twins.standins.servers.kit.chat import Refusal
from twins.standins.servers.kit.life import Circumstances

from . import engine, options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from twins.standins.servers.kit.chat import Asked
    from twins.standins.servers.kit.openai import Loaded
    from twins.standins.servers.kit.words import Completion


def main(argv: Sequence[str] | None = None) -> None:
    """Run the server; ends with 0 (SIGTERM), 1 (the engine) or 2 (the command line)."""
    life.end_on_signals()
    about = json.loads((Path(__file__).parent / "image.json").read_text())
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        given = options.parse(words)
    except options.Wrong as wrong:
        life.plain(f"Usage: trtllm-serve serve [OPTIONS] MODEL\n\nError: {wrong}")
        raise SystemExit(2) from None
    try:
        given = options.whole(given)
        server = _bound(given)
        _Talk.loaded = engine.load(about, given, Circumstances.of(os.environ))
    except (OSError, RuntimeError, ValueError) as error:
        at = time.strftime("[%m/%d/%Y-%H:%M:%S] [TRT-LLM] [E]")
        life.plain(f"{at} Executor worker initialization error: {type(error).__name__}: {error}")
        raise SystemExit(1) from None
    _Talk.about, _Talk.options = about, given
    around = Circumstances.of(os.environ)
    _Talk.fault, _Talk.seconds_a_piece = around.fault, around.token_seconds
    server.server_activate()
    life.plain(f"INFO:     Uvicorn running on http://{given['host']}:{given['port']}")
    server.serve_forever()


def _bound(given: dict[str, Any]) -> web.Server:
    host, port = given["host"], given["port"]
    try:
        return web.Server("127.0.0.1" if host == "localhost" else host, port, _Talk)
    except OSError as error:
        raise RuntimeError(f"Failed to bind socket to {host}:{port}: {error}") from None


class _Talk(web.Talk):
    loaded: ClassVar[Loaded]
    about: ClassVar[dict[str, Any]]
    options: ClassVar[dict[str, Any]]
    fault: ClassVar[str]

    def get(self, path: str) -> None:
        if path == "/health":
            self.send(200)
        elif path == "/health_generate":
            self.send(500 if self.fault.startswith("generation") else 200)
        elif path == "/version":
            self.json(200, {"version": self.about["version"]})
        elif path == "/v1/models":
            self.json(200, openai.models(self.loaded, "tensorrt_llm"))
        elif path == "/metrics":
            self.json(200, [])
        elif path == "/standin/options":
            self.json(200, self.options)
        else:
            self.json(404, {"detail": "Not Found"})

    def post(self, path: str, body: bytes) -> None:
        if path not in {"/v1/chat/completions", "/v1/completions"}:
            self.json(404, {"detail": "Not Found"})
            return
        try:
            asked = chat.read(body, chat="chat" in path)
            openai.answer(self, self.loaded.id, self._generate(asked), asked)
        except Refusal as refusal:
            self.json(refusal.status, {"object": "error", **refusal.body["error"]})

    def _generate(self, asked: Asked) -> Completion:
        if asked.pictures:
            raise chat.bad("Model does not support image input")
        if self.fault.startswith("generation"):
            raise Refusal(500, "InternalServerError", "Internal server error")
        too_long = chat.bad(
            f"The sum of prompt length ({asked.prompt_tokens}) and max_tokens ({asked.limit}) "
            f"should not exceed max_seq_len ({self.loaded.context})"
        )
        return openai.complete(self.loaded, asked, too_long, rubbish=self.fault == "rubbish")
