"""What a ready model answered, and how fast: in words for a person, in figures for the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def sentence(answer: Mapping[str, Any]) -> str:
    """Return what a model said and how fast, and the same of the picture that it was shown."""
    first = answer["first_token_seconds"]
    after = "" if first is None else f"first token after {first:.2f} s, "
    said = f"says {answer['text']!r} ({after}{tokens_per_second(answer):.1f} tokens/s)"
    shown = answer.get("image")
    return f"{said}; of a picture it {sentence(shown)}" if shown else said


def figures(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return model, tokens, seconds, first_token_seconds and tokens_per_second.

    The time to the first token is None where the server answers all at once. Under ``image`` are
    the same figures of a request with a picture, for a model that sees.
    """
    named = ("model", "tokens", "seconds", "first_token_seconds")
    row = {name: answer[name] for name in named if name in answer}
    row["tokens_per_second"] = tokens_per_second(answer)
    return row | ({"image": figures(answer["image"])} if "image" in answer else {})


def tokens_per_second(answer: Mapping[str, Any]) -> float:
    """Return the tokens a second after the first one, or of all if the first was not seen alone."""
    tokens, seconds, first = (answer[n] for n in ("tokens", "seconds", "first_token_seconds"))
    if first is not None and tokens > 1 and seconds > first:
        return float((tokens - 1) / (seconds - first))
    return float(tokens / seconds) if seconds else 0.0
