"""A server with the chat of OpenAI, which the waiting for its readiness asks."""

from __future__ import annotations

from typing import Any, Iterator

from jetfleet.board.embedding import embedded
from jetfleet.board.question import PICTURE, PROMPT, TOKENS
from jetfleet.board.reply import Piece
from jetfleet.board.server import Server


class OpenAI(Server):
    """vLLM, SGLang, TensorRT-LLM, llama.cpp: the chat of OpenAI."""

    def models(self) -> list[str]:
        """Return the ids."""
        return [entry["id"] for entry in self.get("/v1/models")["data"]]

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield an answer of each model; none if it answers neither chats nor embeddings."""
        self.healthy()
        self.complete()
        picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PICTURE}}
        asks = self.about.get("asks", "chat")
        for model in self.wanted if asks != "nothing" else ():
            if asks == "embeddings":
                vector = "/v1/embeddings"
                yield embedded(self, model, vector, lambda made: made["data"][0]["embedding"])
                continue
            answer = self.judged(model, self._chat(model, PROMPT))
            if self.about.get("vision"):
                question = {"type": "text", "text": "What is it?"}
                seen = self._chat(model, [picture, question])
                answer["image"] = self.judged(model, seen, counts=False)
            yield answer

    def _chat(self, model: str, content: object) -> dict[str, Any]:
        body = {
            "model": model,
            "max_tokens": TOKENS,
            "temperature": 0,
            "stream": True,
            "messages": [{"role": "user", "content": content}],
            "stream_options": {"include_usage": True},
        }
        return self.generate("/v1/chat/completions", body, self._words)

    @staticmethod
    def _words(event: dict[str, Any]) -> Piece:
        choice = (event.get("choices") or [{}])[0]
        delta = choice.get("delta") or choice.get("message") or {}
        tokens = (event.get("usage") or {}).get("completion_tokens")
        # A reasoning parser moves what a short answer begins with out of `content`.
        thought = delta.get("reasoning_content") or delta.get("reasoning") or ""
        said = delta.get("content") or ""
        return Piece(said or thought, tokens, bool(thought and not said))
