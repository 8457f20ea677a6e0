"""The HTTP of a loaded server: health, the key, the model, completions."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from twins.standins.servers.kit import chat, embeddings, openai, web
from twins.standins.servers.kit.chat import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from twins.standins.servers.kit.chat import Asked
    from twins.standins.servers.kit.openai import Loaded
    from twins.standins.servers.kit.words import Completion


@dataclass(frozen=True)
class Service:
    """What is served, and whether its warm-up is over.

    `waits` tells whether /health says 503 until then, as it does from 0.5 on.
    """

    loaded: Loaded
    options: Mapping[str, Any]
    vision: bool
    waits: bool
    fault: str = ""
    warm: threading.Event = field(default_factory=threading.Event)


class Talk(web.Talk):
    """One connection."""

    service: ClassVar[Service]

    def get(self, path: str) -> None:
        """Answer a GET of a path without its query."""
        loaded, options = self.service.loaded, self.service.options
        if not self._allowed(path):
            return
        if path in {"/health", "/health_generate"}:
            self.send(self._health(path))
        elif path == "/v1/models":
            more = {"root": loaded.id, "max_model_len": loaded.context}
            self.json(200, openai.models(loaded, "sglang", **more))
        elif path == "/get_model_info":
            name = options["model-path"]
            about = {"model_path": name, "tokenizer_path": name, "is_generation": True}
            self.json(200, about)
        elif path == "/standin/options":
            shown = {name: "***" if name == "api-key" else options[name] for name in options}
            self.json(200, shown)
        else:
            self.json(404, {"detail": "Not Found"})

    def post(self, path: str, body: bytes) -> None:
        """Answer a POST."""
        if not self._allowed(path):
            return
        if path not in {"/v1/chat/completions", "/v1/completions", "/v1/embeddings"}:
            self.json(404, {"detail": "Not Found"})
            return
        try:
            if path == "/v1/embeddings":
                self.json(200, self._embedded(body))
                return
            asked = chat.read(body, chat="chat" in path)
            # The model of a request is not compared with the one that is served.
            openai.answer(self, asked.model or self.service.loaded.id, self._generate(asked), asked)
        except Refusal as refusal:
            self.json(refusal.status, {"object": "error", **refusal.body["error"]})

    def _embedded(self, body: bytes) -> dict[str, Any]:
        loaded = self.service.loaded
        if not self.service.options.get("is-embedding"):
            raise chat.bad("This model does not appear to be an embedding model by default.")
        return embeddings.answer(loaded.id, loaded.weights, body)

    def _health(self, path: str) -> int:
        if self.service.fault.startswith("generation") and path == "/health_generate":
            return 503
        if self.service.warm.is_set():
            return 200
        return 503 if self.service.waits or path == "/health_generate" else 200

    def _generate(self, asked: Asked) -> Completion:
        loaded = self.service.loaded
        if asked.pictures and not self.service.vision:
            raise chat.bad("The model does not support image input")
        if self.service.fault.startswith("generation"):
            raise Refusal(500, "InternalServerError", "Internal server error")
        too_long = chat.bad(
            f"The input ({asked.prompt_tokens} tokens) and its answer ({asked.limit}) are longer "
            f"than the model's context length ({loaded.context} tokens)."
        )
        return openai.complete(loaded, asked, too_long, rubbish=self.service.fault == "rubbish")

    def _allowed(self, path: str) -> bool:
        key = self.service.options.get("api-key")
        free = path.startswith(("/health", "/metrics"))
        if key is None or free or self.headers.get("Authorization") == f"Bearer {key}":
            return True
        self.json(401, {"error": "Unauthorized"})
        return False
