"""What the rules check: the known facts of a service or a board."""

from __future__ import annotations

from dataclasses import dataclass, field

from jetfleet.spec.frozen import FrozenDict


@dataclass(frozen=True)
class Situation:
    """The known facts; None or empty: unknown, and rules about it do not apply.

    Parameters
    ----------
    runtime:
        ``vllm``, ``ollama`` and so on.
    engine:
        Version of the server in the image.
    image:
        Reference with its registry written out.
    architecture:
        Names of the architecture in the model's config.
    quantisation:
        The format of the weights, as in the lock: ``fp8``, ``fp8-block``, ``nvfp4`` …
    backends:
        Backends of a Triton repository.
    options:
        Option names (with dashes, without the leading two) and their values as text.
    env:
        Environment variables and their values.
    words:
        Command and entrypoint as one line.
    docker, toolkit:
        Versions that are known only on the board.

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
