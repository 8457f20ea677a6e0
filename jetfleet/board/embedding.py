"""What a model that only embeds is asked: the vector of one text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable

from jetfleet.board.question import PROMPT
from jetfleet.board.reply import Wrong, seconds_in

if TYPE_CHECKING:
    from jetfleet.board.server import Server


def embedded(
    server: Server, model: str, path: str, vector_in: Callable[[Any], Any]
) -> dict[str, Any]:
    """Return the answer of a model that embeds; raise Wrong for a vector of zeros.

    `vector_in` finds the vector in what the server answers.
    """
    begun = time.monotonic()
    made = server.post(path, {"model": model, "input": PROMPT})
    vector = list(vector_in(made))
    if not any(vector):
        raise Wrong(f"{model} embeds a text as zeros only")
    answer: dict[str, Any] = {"model": model, "text": "", "tokens": 0, "doubts": []}
    load = seconds_in(made.get("load_duration"))
    if load is not None:
        answer["load_seconds"] = load
    outputs = [f"a vector of {len(vector)} numbers"]
    return {**answer, "seconds": time.monotonic() - begun, "outputs": outputs}
