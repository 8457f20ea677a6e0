"""An Ollama, which the waiting for its readiness asks.

The requests, and what they answer: https://github.com/ollama/ollama/blob/main/docs/api.md.
"""

from __future__ import annotations

from typing import Any, Iterator

from jetfleet.board.embedding import embedded
from jetfleet.board.question import PICTURE, PROMPT, TOKENS
from jetfleet.board.reply import Piece, Wrong, seconds_in
from jetfleet.board.server import Server


class Ollama(Server):
    """Ollama: the first of its models generates, others are loaded when they are asked for."""

    health = "/api/version"

    def models(self) -> list[str]:
        """Return the names, each with its tag."""
        return [entry["name"] for entry in self.get("/api/tags")["models"]]

    def bytes_of(self, model: str) -> int:
        """Return the size of a model as the server lists it."""
        sizes = {one["name"]: one.get("size", 0) for one in self.get("/api/tags")["models"]}
        return int(sizes.get(model, 0))

    def answers(self) -> Iterator[dict[str, Any]]:
        """Yield an answer of the first model, or of each; raise Wrong with what all have wrong.

        The first one is asked last, so that it is in memory again as after a start.
        """
        self.healthy()
        self.wanted = [name if ":" in name else name + ":latest" for name in self.wanted]
        self.complete()
        asked = [*self.wanted[1:], *self.wanted[:1]] if self.every else self.wanted[:1]
        found, wrong = {}, []
        for model in asked:
            try:
                found[model] = self.answer_of(model)
            except Wrong as error:
                text = str(error)
                wrong.append(text if text.startswith(model) else f"{model}: {text}")
        if wrong:
            raise Wrong("; ".join(wrong))
        yield from (found[model] for model in self.wanted if model in found)

    def answer_of(self, model: str) -> dict[str, Any]:
        """Return what one model answers, and where in memory it is."""
        abilities = self.abilities(model)
        if "embedding" in abilities and "completion" not in abilities:
            answer = embedded(self, model, "/api/embed", lambda made: made["embeddings"])
            return {**answer, **self.place(model)}
        body = {
            "model": model,
            "prompt": PROMPT,
            "options": {"num_predict": TOKENS, "temperature": 0},
        }
        generated = self.generate("/api/generate", body, self._words)
        answer = {**self.judged(model, generated), **self.place(model)}
        if "vision" in abilities:
            pictured = {**body, "prompt": "What is it?", "images": [PICTURE]}
            seen = self.generate("/api/generate", pictured, self._words)
            answer["image"] = self.judged(model, seen, counts=False)
        return answer

    def abilities(self, model: str) -> list[str]:
        """Return what a model can do; nothing of a server before 0.6.4, which does not say it."""
        try:
            return list((self.post("/api/show", {"model": model}) or {}).get("capabilities") or ())
        except Wrong:
            return []

    def place(self, model: str) -> dict[str, Any]:
        """Return the bytes of a model in memory, and its share on the GPU.

        Raise Wrong if it is less on the GPU than `gpu` requires.
        """
        asked = self.about.get("gpu", "off")
        try:
            row = self.loaded(model)
        except (Wrong, LookupError):
            if asked == "off":
                return {}
            raise
        size, on_gpu = row["size"], row.get("size_vram", 0)
        share = min(on_gpu / size, 1.0) if size else 0.0
        where = f"{model} is only {int(share * 100)} % on the GPU"
        smaller = "choose a smaller model or context_length"
        if asked == "required" and share < 1:
            raise Wrong(f"{where}: {smaller}, or write gpu: partly")
        if asked == "partly" and not share:
            raise Wrong(
                f"{model} is not on the GPU: choose an image for this board and release, "
                f"{smaller}, or write gpu: off"
            )
        return {"memory_bytes": size, "gpu_share": round(share, 4)}

    def loaded(self, model: str) -> dict[str, Any]:
        """Return the row of a model in memory; load it again if the server has let it go."""
        for last in (False, True):
            rows = self.get("/api/ps")["models"]
            row = next((one for one in rows if model in (one.get("name"), one.get("model"))), None)
            if row:
                return dict(row)
            if not last:
                self.post("/api/generate", {"model": model, "keep_alive": "10s", "stream": False})
        raise Wrong(f"{model} is not in memory after it was loaded")

    @staticmethod
    def _words(event: dict[str, Any]) -> Piece:
        said, thought = event.get("response") or "", event.get("thinking") or ""
        seconds = seconds_in(event.get("load_duration"))
        return Piece(said or thought, event.get("eval_count"), bool(thought and not said), seconds)
