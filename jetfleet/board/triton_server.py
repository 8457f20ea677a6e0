"""A Triton, which the waiting for its readiness asks.

https://github.com/triton-inference-server/server/tree/main/docs/protocol
"""

from __future__ import annotations

import http.client
import time
from typing import Any, Iterator

from jetfleet.board.inference import Unasked, inference
from jetfleet.board.question import PROMPT, TOKENS
from jetfleet.board.reply import ANSWER_BYTES, Broke, Piece, Wrong, beginning, cut, read
from jetfleet.board.server import BUSY, GENERATION_SECONDS, Server

HEAD = "Inference-Header-Content-Length"
OUTPUTS = 20
"""Most outputs of an inference that are shown."""


class Triton(Server):
    """Triton: every model is ready; those of the vLLM backend generate, others infer once."""

    health = "/v2/health/ready"
    loading = (*BUSY, 400)

    def models(self) -> list[str]:
        """Return the names of those that are ready."""
        rows = self.get("/v2/repository/index", {})
        return [row["name"] for row in rows if row.get("state") == "READY"]

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield an answer of each model."""
        self.healthy()
        for model in self.wanted:
            path = "/v2/models/" + model
            self.get(path + "/ready")
            config = self.get(path + "/config") or {}
            if config.get("backend") != "vllm":
                yield self.inferred(model, config)
                continue
            asked = {
                "stream": True,
                "max_tokens": TOKENS,
                "temperature": 0,
                "exclude_input_in_output": True,
            }
            body = {"text_input": PROMPT, "parameters": asked}
            generated = self.generate(path + "/generate_stream", body, self._words)
            yield self.judged(model, generated)

    def inferred(self, model: str, config: dict[str, Any]) -> dict[str, Any]:
        """Return what a model makes of zeros; raise Wrong if it fails on inputs that are no guess.

        A model that cannot be asked, or that refuses a guess, is an answer with a doubt.
        """
        begun = time.monotonic()
        answer: dict[str, Any] = {"model": model, "text": "", "tokens": 0, "doubts": []}
        try:
            asked = inference(config)
            answer["outputs"] = self.outputs(model, asked.head, asked.body)
        except Unasked as reason:
            answer["doubts"] = [f"it was not asked: {reason}"]
        except Wrong as error:
            if not asked.guessed:
                raise
            answer["doubts"] = [f"it refuses zeros ({cut(str(error))})"]
        return {**answer, "seconds": time.monotonic() - begun}

    def outputs(self, model: str, head: int, body: bytes) -> list[str]:
        """Return name, datatype and shape of each output of an inference."""
        path = f"/v2/models/{model}/infer"
        more = {HEAD: str(head), "Content-Type": "application/octet-stream"}
        try:
            with self.opened(path, body, (), GENERATION_SECONDS, more) as answer:
                length = answer.headers.get(HEAD)
                # Without the header all of it is JSON; after a header come the bytes of tensors.
                most = int(length) if (length or "").isdecimal() else ANSWER_BYTES + 1
                made = read(beginning(answer, most, GENERATION_SECONDS))
        except (OSError, http.client.HTTPException) as error:
            raise Broke(f"{self.url}{path} broke off: {error}") from error
        outputs = made["outputs"][:OUTPUTS]
        return [cut(f"{one['name']} {one['datatype']}{one['shape']}") for one in outputs]

    @staticmethod
    def _words(event: dict[str, Any]) -> Piece:
        return Piece(event.get("text_output") or "")
