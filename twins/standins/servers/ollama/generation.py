"""Requests for words, and their answers in Ollama's own form."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from twins.standins.servers.kit import words

from .settings import FOREVER, duration
from .store import Name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from twins.standins.servers.kit.words import Completion

    from .runner import Loaded, Runners
    from .store import Manifest

_TEMPLATE_TOKENS = 4


class Wrong(Exception):
    """A request that is answered with an error: its HTTP status and its sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Made:
    """A generation: the model as it was asked for, what was made, and how long it took (ns)."""

    name: str
    done: Completion
    load: int
    total: int
    chat: bool

    def whole(self) -> dict[str, Any]:
        """Return the answer at once."""
        return {**self._part(self.done.text), **self._end()}

    def pieces(self) -> Iterator[dict[str, Any]]:
        """Yield it token by token."""
        for piece in self.done.pieces:
            yield {**self._part(piece), "done": False}
        yield {**self._part(""), **self._end()}

    def _part(self, text: str) -> dict[str, Any]:
        said: dict[str, Any] = {"message": {"role": "assistant", "content": text}}
        said = said if self.chat else {"response": text}
        return {"model": self.name, "created_at": now(), **said}

    def _end(self) -> dict[str, Any]:
        spent = max(self.total - self.load, 2)
        return {
            "done": True,
            "done_reason": self.done.finish,
            "total_duration": self.total,
            "load_duration": self.load,
            "prompt_eval_count": self.done.prompt_tokens,
            "prompt_eval_duration": spent // 2,
            "eval_count": self.done.tokens,
            "eval_duration": spent - spent // 2,
        }


def known(runners: Runners, asked: Mapping[str, Any]) -> Manifest:
    """Return the manifest of the model that a request names; raises `Wrong`."""
    name = str(asked.get("model") or asked.get("name") or "")
    if not name:
        raise Wrong(400, "model is required")
    manifest = runners.store.manifest(Name.read(name))
    if manifest is None:
        raise Wrong(404, f"model '{name}' not found")
    return manifest


def loaded(runners: Runners, manifest: Manifest, asked: Mapping[str, Any]) -> Loaded:
    """Load a model for a request, for as long as that or the setting says; raises `Wrong`."""
    context = (asked.get("options") or {}).get("num_ctx")
    try:
        return runners.get(manifest, keep_alive(asked.get("keep_alive")), context)
    except (OSError, RuntimeError, ValueError) as error:
        raise Wrong(500, str(error)) from None


def make(runners: Runners, asked: Mapping[str, Any], *, chat: bool) -> Made | dict[str, Any]:
    """Generate; without a prompt the model is only loaded, or let go. Raises `Wrong`."""
    manifest = known(runners, asked)
    name = str(asked.get("model"))
    prompt = _messages(asked) if chat else str(asked.get("prompt") or "")
    began = time.monotonic_ns()
    if not prompt and keep_alive(asked.get("keep_alive")) == 0:
        runners.unload(manifest.digest)
        return _nothing(name, "unload", chat=chat)
    model = loaded(runners, manifest, asked)
    load = time.monotonic_ns() - began
    if not prompt:
        return _nothing(name, "load", chat=chat)
    if runners.around.fault.startswith("generation"):
        raise Wrong(500, "llama runner process no longer running: 2 CUDA error: out of memory")
    tokens = min(len(prompt.split()) + _TEMPLATE_TOKENS, model.context - 1)
    limit = int((asked.get("options") or {}).get("num_predict", -1))
    most = min(limit if limit > 0 else model.context, model.context - tokens)
    done = words.generate(
        model.file.weights, prompt, tokens, most, rubbish=runners.around.fault == "rubbish"
    )
    return Made(name, done, load, time.monotonic_ns() - began, chat)


def keep_alive(written: object) -> float | None:
    """Return the seconds of a request's `keep_alive`, or nothing when it leaves it open."""
    if written is None:
        return None
    seconds = duration(str(written))
    if seconds is None:
        raise Wrong(400, f'time: invalid duration "{written}"')
    return FOREVER if seconds < 0 else seconds


def now(seconds: float | None = None) -> str:
    """Return a time as the server writes it: this one, unless another is given."""
    at = time.time() if seconds is None else min(seconds, 2**38)
    return datetime.fromtimestamp(at, timezone.utc).isoformat().replace("+00:00", "Z")


def _nothing(name: str, why: str, *, chat: bool) -> dict[str, Any]:
    empty: dict[str, Any] = {"message": {"role": "assistant", "content": ""}}
    empty = empty if chat else {"response": ""}
    return {"model": name, "created_at": now(), **empty, "done": True, "done_reason": why}


def _messages(asked: Mapping[str, Any]) -> str:
    messages = asked.get("messages") or ()
    return "\n".join(f"{one.get('role')}: {one.get('content')}" for one in messages)
