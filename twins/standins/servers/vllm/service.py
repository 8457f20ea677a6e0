"""What a loaded engine answers, apart from the connection that carries it."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from twins.standins.servers.kit import chat, embeddings, words
from twins.standins.servers.kit.chat import Refusal

if TYPE_CHECKING:
    from twins.standins.servers.kit.chat import Asked
    from twins.standins.servers.kit.words import Completion

    from .engine import Engine


class Dead(Refusal):
    """The engine has died of this request; the server ends after its answer."""

    def __init__(self, cause: str) -> None:
        sentence = "EngineCore encountered an issue. See stack trace (above) for the root cause."
        super().__init__(500, "InternalServerError", sentence)
        self.cause = cause


class Service:
    """A loaded engine and what it answers; `keys` guard /v1 when there are any."""

    def __init__(
        self,
        engine: Engine,
        version: str,
        options: Mapping[str, Any],
        keys: frozenset[str],
        fault: str = "",
    ) -> None:
        self.engine, self.version, self.options, self.keys = engine, version, options, keys
        self.fault = fault
        self.created = int(time.time())
        self.counts: Counter[str] = Counter()
        self.seen: set[int] = set()
        self.lock = threading.Lock()

    @contextmanager
    def running(self) -> Iterator[None]:
        """Count a request as long as it is answered."""
        with self.lock:
            self.counts["running"] += 1
        try:
            yield
        finally:
            with self.lock:
                self.counts["running"] -= 1

    def models(self) -> dict[str, Any]:
        """Return the answer of `GET /v1/models`."""
        return {"object": "list", "data": [self._card(name) for name in self.engine.names]}

    def _card(self, name: str) -> dict[str, Any]:
        return {
            "id": name,
            "object": "model",
            "created": self.created,
            "owned_by": "vllm",
            "root": self.engine.root,
            "parent": None,
            "max_model_len": self.engine.context,
            "permission": [],
        }

    def complete(self, asked: Asked) -> tuple[str, Completion]:
        """Generate for a request: its model's name and the completion, or raise `Refusal`."""
        if self.pools:
            raise chat.bad("The model does not support Chat Completions API")
        name = asked.model or self.engine.names[0]
        if name not in self.engine.names:
            sentence = f"The model `{name}` does not exist."
            raise Refusal(404, "NotFoundError", sentence, "model")
        tokens = asked.prompt_tokens + self._picture_tokens(asked)
        most = self._most(tokens, asked.limit)
        if self.fault == "generation-fails":
            raise Refusal(500, "InternalServerError", "Internal server error")
        if self.engine.broken or self.fault == "generation-crashes":
            raise Dead(self.engine.broken or "CUDA error: an illegal memory access was encountered")
        done = words.generate(
            self.engine.weights,
            asked.prompt,
            tokens,
            most,
            to_the_end=asked.to_the_end,
            rubbish=self.fault == "rubbish",
        )
        with self.lock:
            self.counts.update(requests=1, prompt=done.prompt_tokens, generated=done.tokens)
            self._cache(asked.prompt, done.prompt_tokens)
        return name, done

    def _cache(self, prompt: str, tokens: int) -> None:
        """Count a whole prompt that came before as a hit of the prefix cache."""
        known = hash(prompt)
        caches = self.options.get("enable-prefix-caching") is not False
        self.counts.update(queries=tokens, hits=tokens if caches and known in self.seen else 0)
        self.seen.add(known)

    @property
    def pools(self) -> bool:
        """Whether it makes vectors or scores, and generates nothing.

        https://docs.vllm.ai/en/latest/models/pooling_models/
        """
        task = self.options.get("task") in {"embed", "embedding", "classify", "score", "reward"}
        return task or self.options.get("runner") == "pooling"

    def embed(self, body: bytes) -> dict[str, Any]:
        """Return the answer to a request for vectors, or raise `Refusal`."""
        if not self.pools:
            raise chat.bad("The model does not support Embeddings API")
        return embeddings.answer(self.engine.names[0], self.engine.weights, body)

    def _most(self, tokens: int, limit: int | None) -> int:
        context = self.engine.context
        room = context - tokens
        if room < 1:
            raise chat.bad(
                f"This model's maximum context length is {context} tokens. However, your request "
                f"has {tokens} input tokens. Please reduce the length of the input messages."
            )
        if limit is not None and limit > room:
            refusal = chat.bad(
                f"'max_tokens' or 'max_completion_tokens' is too large: {limit}. This model's "
                f"maximum context length is {context} tokens and your request has {tokens} input "
                f"tokens ({limit} > {context} - {tokens})."
            )
            refusal.body["error"]["param"] = "max_tokens"
            raise refusal
        return limit or room

    def _picture_tokens(self, asked: Asked) -> int:
        if not asked.pictures:
            return 0
        if not self.engine.model.vision:
            raise chat.bad(f"{self.engine.root} is not a multimodal model")
        allowed = (self.options.get("limit-mm-per-prompt") or {}).get("image", 999)
        allowed = allowed.get("count", 999) if isinstance(allowed, Mapping) else allowed
        if len(asked.pictures) > allowed:
            raise chat.bad(f"At most {allowed} image(s) may be provided in one prompt.")
        kwargs = self.options.get("mm-processor-kwargs") or {}
        largest = kwargs.get("max_pixels", 1 << 40)
        per_token = self.engine.model.pixels_per_token
        return sum(max(min(p.pixels, largest) // per_token, 1) for p in asked.pictures)
