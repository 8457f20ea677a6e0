"""How a service is benchmarked: the load, and the program in its container that makes it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

INSIDE = "/tmp/jetfleet-bench"  # noqa: S108 - in the container, which nobody shares
"""Where results are written inside the container."""


@dataclass(frozen=True)
class Load:
    """One load: how many prompts, of how many tokens in and out, and how many at once.

    Parameters
    ----------
    at_once:
        None sends all of them at the start.

    """

    name: str
    title: str
    input: int
    output: int
    prompts: int
    at_once: int | None = None

    @property
    def context(self) -> int:
        """Tokens of context that a request needs."""
        return self.input + self.output


@dataclass(frozen=True)
class Benchmark(ABC):
    """A benchmark program in a service's own container.

    Parameters
    ----------
    service:
        Name of the service and its container.
    executable:
        The server's command in the image.
    url:
        Its base address on the board.
    model, tokenizer:
        The id that it serves, and the folder of the model inside.
    folder:
        The model's folder on the board, which the container must have mounted.
    context:
        Tokens that one request may have; None if the spec leaves it to the model.
    key:
        Environment variable of the server's key in the container; empty without one.

    """

    service: str
    executable: tuple[str, ...]
    url: str
    model: str
    tokenizer: str
    folder: str
    context: int | None = None
    key: str = ""
    trust_remote_code: bool = False

    @property
    def unit(self) -> str:
        """Name of the transient unit."""
        return f"jetfleet-bench-{self.service}"

    @property
    @abstractmethod
    def program(self) -> str:
        """The benchmark as a person calls it."""

    @property
    @abstractmethod
    def probe(self) -> tuple[str, ...]:
        """Command in the container that succeeds if the image has the program."""

    @property
    @abstractmethod
    def missing(self) -> str:
        """Sentence for an image without the program."""

    @abstractmethod
    def command(self, load: Load) -> list[str]:
        """Return the command in the container; it writes ``INSIDE/<load>.json``."""

    def fitting(self, loads: Sequence[Load]) -> tuple[Load, ...]:
        """Return the loads whose requests the service can hold."""
        return tuple(one for one in loads if self.context is None or one.context <= self.context)
