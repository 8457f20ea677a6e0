"""A server with the chat of OpenAI, which the waiting for its readiness asks."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Iterator

from jetfleet.board.embedding import embedded
from jetfleet.board.question import PICTURE, PROMPT, TOKENS
from jetfleet.board.ranking import ranked, transcribed
from jetfleet.board.reply import BadStatus, Piece
from jetfleet.board.server import Server

_DATA = "data:image/png;base64,"


class OpenAI(Server):
    """vLLM, SGLang, TensorRT-LLM, llama.cpp: the chat of OpenAI."""

    def models(self) -> list[str]:
        """Return the ids."""
        return [entry["id"] for entry in self.get("/v1/models")["data"]]

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield an answer of each model, of the sort that it gives."""
        self.healthy()
        self.complete()
        ask = {"embeddings": self._embedded, "nothing": self._otherwise}
        for model in self.wanted:
            yield ask.get(self.about.get("asks", "chat"), self._answer_of)(model)

    def _answer_of(self, model: str) -> dict[str, Any]:
        """Return what a model says of the question and of a picture.

        vLLM serves a model that embeds without any option, and has no chat then.
        """
        try:
            said = self._chat(model, PROMPT)
        except BadStatus as refused:
            if not refused.unsupported:
                raise
            return self._embedded(model)
        answer = self.judged(model, said)
        if self.about.get("vision"):
            picture = {"type": "image_url", "image_url": {"url": _DATA + PICTURE}}
            question = {"type": "text", "text": "What is it?"}
            seen = self._chat(model, [picture, question])
            answer["image"] = self.judged(model, seen, counts=False)
        return answer

    def _embedded(self, model: str) -> dict[str, Any]:
        """Return what a model makes of two texts, or another answer if it does not embed."""
        try:
            return embedded(self, model, "/v1/embeddings", self._vectors)
        except BadStatus as refused:
            if not refused.unsupported:
                raise
        return self._otherwise(model)

    @staticmethod
    def _vectors(made: Any) -> list[Any]:
        return [row["embedding"] for row in made["data"]]

    def _otherwise(self, model: str) -> dict[str, Any]:
        """Return a rank or a transcription, or a doubt of a model that gives neither.

        A server says in many ways, and with many statuses, that it has no such request.
        """
        for ask in (ranked, transcribed):
            with suppress(BadStatus):
                return ask(self, model)
        doubt = "it was not asked: it answers no chat, and embeds, ranks and transcribes nothing"
        return {"model": model, "text": "", "tokens": 0, "seconds": 0.0, "doubts": [doubt]}

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
