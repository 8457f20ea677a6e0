"""OpenAI's completions: parse requests, and write answers, whole or as events."""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import pictures

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .pictures import Picture
    from .words import Completion

_COMPLETIONS_LIMIT = 16  # OpenAI's own default for /v1/completions, which all servers share
_TEMPLATE_TOKENS = 4


class Refusal(Exception):
    """A request that is answered with an error: HTTP status, type, sentence."""

    def __init__(self, status: int, kind: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.body: dict[str, Any] = {
            "error": {"message": message, "type": kind, "param": param, "code": status}
        }


@dataclass(frozen=True)
class Asked:
    """A request for a completion; `prompt_tokens` without those of its pictures."""

    model: str | None
    prompt: str
    prompt_tokens: int
    pictures: tuple[Picture, ...]
    limit: int | None
    to_the_end: bool
    stream: bool
    usage: bool
    chat: bool


def read(body: bytes, *, chat: bool) -> Asked:
    """Parse a request; raise `Refusal` with 400 for an invalid one."""
    asked = _json(body)
    limit = asked.get("max_completion_tokens") or asked.get("max_tokens")
    if limit is None and not chat:
        limit = _COMPLETIONS_LIMIT
    if limit is not None and (not isinstance(limit, int) or limit < 1):
        raise bad(f"max_tokens must be at least 1, got {limit}.")
    found: list[Picture] = []
    prompt = _messages(asked.get("messages"), found) if chat else str(asked.get("prompt", ""))
    return Asked(
        model=asked.get("model"),
        prompt=prompt,
        prompt_tokens=len(prompt.split()) + (_TEMPLATE_TOKENS if chat else 0),
        pictures=tuple(found),
        limit=limit,
        to_the_end=bool(asked.get("ignore_eos")),
        stream=bool(asked.get("stream")),
        usage=bool((asked.get("stream_options") or {}).get("include_usage")),
        chat=chat,
    )


def bad(sentence: str) -> Refusal:
    """Make the refusal of a request that is wrong."""
    return Refusal(400, "BadRequestError", sentence)


def whole(model: str, done: Completion, *, chat: bool, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - what a server adds to the message
    """Return the answer at once; `more` goes into a chat's message."""
    choice: dict[str, Any] = {"index": 0, "logprobs": None, "finish_reason": done.finish}
    if chat:
        choice["message"] = {"role": "assistant", "content": done.text, **more}
    else:
        choice["text"] = done.text
    kind = "chat.completion" if chat else "text_completion"
    return {**_head(model, kind, chat=chat), "choices": [choice], "usage": done.usage}


def events(model: str, done: Completion, asked: Asked) -> Iterator[bytes]:
    """Yield the answer as server-sent events: a token each, the usage if asked, `[DONE]`."""
    kind = "chat.completion.chunk" if asked.chat else "text_completion"
    head = _head(model, kind, chat=asked.chat)
    if asked.chat:
        yield _event({**head, "choices": [_part({"role": "assistant", "content": ""}, chat=True)]})
    for piece in done.pieces:
        content: Any = {"content": piece} if asked.chat else piece
        yield _event({**head, "choices": [_part(content, chat=asked.chat)]})
    end = _part({} if asked.chat else "", chat=asked.chat) | {"finish_reason": done.finish}
    yield _event({**head, "choices": [end]})
    if asked.usage:
        yield _event({**head, "choices": [], "usage": done.usage})
    yield b"data: [DONE]\n\n"


def _part(content: object, *, chat: bool) -> dict[str, Any]:
    name = "delta" if chat else "text"
    return {"index": 0, name: content, "logprobs": None, "finish_reason": None}


def _head(model: str, kind: str, *, chat: bool) -> dict[str, Any]:
    name = f"{'chatcmpl' if chat else 'cmpl'}-{uuid.uuid4().hex}"
    return {"id": name, "object": kind, "created": int(time.time()), "model": model}


def _event(content: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(content)}\n\n".encode()


def _json(body: bytes) -> dict[str, Any]:
    try:
        asked = json.loads(body)
    except ValueError as error:
        raise bad(f"JSON decode error: {error}") from None
    if not isinstance(asked, dict):
        raise bad("The request is no JSON object.")
    return asked


def _messages(messages: object, found: list[Picture]) -> str:
    if not isinstance(messages, list) or not messages:
        raise bad("messages: at least one message is required.")
    return "\n".join(f"{m.get('role')}: {_content(m.get('content'), found)}" for m in messages)


def _content(content: object, found: list[Picture]) -> str:
    if not isinstance(content, list):
        return str(content or "")
    words = []
    for part in content:
        if part.get("type") == "image_url":
            try:
                picture = pictures.read(str((part.get("image_url") or {}).get("url", "")))
            except ValueError as error:
                raise bad(str(error)) from None
            found.append(picture)
            words.append(f"<image {picture.width}x{picture.height}>")
        elif part.get("type") == "text":
            words.append(str(part.get("text", "")))
        else:
            raise bad(f"Unknown part type: {part.get('type')}")
    return " ".join(words)
