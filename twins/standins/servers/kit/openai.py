"""The OpenAI protocol of a server with one model, which several servers share."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from . import chat, web, words

if TYPE_CHECKING:
    from .chat import Asked
    from .words import Completion


@dataclass(frozen=True)
class Loaded:
    """A model that is in memory: its id, its weights' sha256, its context in tokens."""

    id: str
    weights: bytes
    context: int
    created: int = field(default_factory=lambda: int(time.time()))


def complete(
    model: Loaded, asked: Asked, refusal: chat.Refusal, *, rubbish: bool = False
) -> Completion:
    """Generate for a request; raises `refusal` where prompt and answer do not fit."""
    room = model.context - asked.prompt_tokens
    if room < 1 or (asked.limit or 0) > room:
        raise refusal
    return words.generate(
        model.weights,
        asked.prompt,
        asked.prompt_tokens,
        asked.limit or room,
        to_the_end=asked.to_the_end,
        rubbish=rubbish,
    )


def answer(talk: web.Talk, name: str, done: Completion, asked: Asked, **more: Any) -> None:  # noqa: ANN401 - what a server adds
    """Send a completion, whole or as events."""
    if asked.stream:
        talk.stream(chat.events(name, done, asked), web.EVENTS)
    else:
        talk.json(200, chat.whole(name, done, chat=asked.chat, **more))


def models(model: Loaded, owner: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    """Return the answer of `GET /v1/models`."""
    card = {"id": model.id, "object": "model", "created": model.created, "owned_by": owner, **more}
    return {"object": "list", "data": [card]}
