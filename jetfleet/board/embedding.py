"""What a model that only embeds is asked: the vectors of two texts."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Callable

from jetfleet.board.question import PROMPT
from jetfleet.board.reply import Wrong, seconds_in

if TYPE_CHECKING:
    from jetfleet.board.server import Server

_OTHER = "The board sees a road with two lanes."


def embedded(
    server: Server, model: str, path: str, vectors_in: Callable[[Any], Any]
) -> dict[str, Any]:
    """Return the answer of a model that embeds.

    Raise Wrong for vectors that no working model makes: of zeros, of unequal length, or the same
    for two texts.

    Parameters
    ----------
    vectors_in:
        Finds the vectors in what the server answers.

    """
    begun = time.monotonic()
    made = server.post(path, {"model": model, "input": [PROMPT, _OTHER]})
    first, second = (list(vector) for vector in vectors_in(made))
    if not any(first) or not any(second):
        raise Wrong(f"{model} embeds a text as zeros only")
    if any(type(number) not in {int, float} for number in (*first, *second)):
        raise Wrong(f"{model} embeds a text as something other than numbers")
    if len(first) != len(second):
        raise Wrong(f"{model} embeds one text as {len(first)} numbers, another as {len(second)}")
    if first == second:
        raise Wrong(f"{model} embeds two texts as the same numbers")
    answer: dict[str, Any] = {"model": model, "text": "", "tokens": 0, "doubts": []}
    load = seconds_in(made.get("load_duration"))
    if load is not None:
        answer["load_seconds"] = load
    outputs = [f"a vector of {len(first)} numbers"]
    return {**answer, "seconds": time.monotonic() - begun, "outputs": outputs}
