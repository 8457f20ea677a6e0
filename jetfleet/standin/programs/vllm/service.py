"""What a loaded engine answers, apart from the connection that carries it."""

from __future__ import annotations

import threading
import time
import uuid
from collections import Counter
from typing import TYPE_CHECKING, Any

from . import completion as completions
from .completion import Completion, Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .engine import Engine

_COMPLETIONS_LIMIT = 16  # OpenAI's own default for /v1/completions, which vLLM keeps


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
        self.lock = threading.Lock()

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

    def complete(self, body: Mapping[str, Any], *, chat: bool) -> dict[str, Any]:
        """Answer a (chat) completion request, or raise `Refusal`."""
        name = body.get("model", self.engine.names[0])
        if name not in self.engine.names:
            sentence = f"The model `{name}` does not exist."
            raise Refusal(404, "NotFoundError", sentence, "model")
        prompt = (
            completions.chat_prompt(body.get("messages")) if chat else str(body.get("prompt", ""))
        )
        limit = body.get("max_completion_tokens") or body.get("max_tokens")
        if limit is None and not chat:
            limit = _COMPLETIONS_LIMIT
        if self.fault == "generation-fails":
            sentence = "EngineCore encountered an issue. See stack trace (above) for the cause."
            raise Refusal(500, "InternalServerError", sentence)
        done = completions.generate(self.engine.weights, prompt, limit, self.engine.context)
        with self.lock:
            self.counts.update(requests=1, prompt=done.prompt_tokens, generated=done.tokens)
        return self._answer(str(name), done, chat=chat)

    def _answer(self, name: str, done: Completion, *, chat: bool) -> dict[str, Any]:
        choice: dict[str, Any] = {"index": 0, "logprobs": None, "finish_reason": done.finish}
        if chat:
            choice["message"] = {"role": "assistant", "content": done.text}
            # vLLM's qwen3 parser finds no reasoning where the text holds no </think>.
            choice["message"] |= {"reasoning_content": None, "tool_calls": []}
        else:
            choice["text"] = done.text
        return {
            "id": f"{'chatcmpl' if chat else 'cmpl'}-{uuid.uuid4().hex}",
            "object": "chat.completion" if chat else "text_completion",
            "created": int(time.time()),
            "model": name,
            "choices": [choice],
            "usage": done.usage,
        }
