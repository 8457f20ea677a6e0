"""What is known of a service or a board when rules are looked up."""

from __future__ import annotations

from dataclasses import dataclass, field

from jetfleet.spec.frozen import FrozenDict


@dataclass(frozen=True)
class Situation:
    """What is known; None or empty: not known, and no rule that asks for it applies.

    Parameters
    ----------
    runtime:
        ``vllm``, ``ollama`` and so on.
    engine:
        Version of the runtime's program, as in the image.
    image:
        Reference with its registry written out.
    architecture:
        Names that the model's own config has for how it is built.
    quantisation:
        How its weights are stored, in the lock's words: ``fp8``, ``fp8-block``, ``nvfp4`` …
    backends:
        Backends of a Triton repository.
    options:
        Option names (with dashes, without the leading two) and their values as text.
    env:
        Environment variables and their values.
    words:
        Command and entrypoint as one line.
    docker, toolkit:
        Versions that only the board can tell.

    """

    soc: str | None = None
    l4t: str | None = None
    runtime: str | None = None
    engine: str | None = None
    image: str | None = None
    power: str | None = None
    host: str | None = None
    words: str | None = None
    docker: str | None = None
    toolkit: str | None = None
    architecture: tuple[str, ...] = ()
    quantisation: str | None = None
    backends: frozenset[str] = frozenset()
    options: FrozenDict = field(default_factory=FrozenDict)
    env: FrozenDict = field(default_factory=FrozenDict)
