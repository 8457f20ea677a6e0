"""What a server of OpenAI's interface is asked: text, a vector, or nothing but its models."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

Values = dict[str, tuple[object, ...]]
"""Values of options, by the name of the option."""


def asks(flags: Mapping[str, object], embeds: Values, silent: Values) -> str:
    """Return "chat", "embeddings" or "nothing", as the options of a server say.

    Parameters
    ----------
    embeds:
        Options with which a server embeds, and generates nothing.
    silent:
        Options with which it does neither: it classifies, ranks or transcribes.

    """
    if _written(flags, silent):
        return "nothing"
    return "embeddings" if _written(flags, embeds) else "chat"


def _written(flags: Mapping[str, object], values: Values) -> bool:
    return any(flags.get(name) in found for name, found in values.items())
