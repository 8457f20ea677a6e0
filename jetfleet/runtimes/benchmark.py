"""How a service is benchmarked: the load, and the program that makes it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from jetfleet.spec.frozen import thaw

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

INSIDE = "/tmp/jetfleet-bench"  # noqa: S108 - in the container, which nobody shares
"""Where results are written inside the container."""

WARM = 8
"""Most requests of a warm-up, which are not measured."""


@dataclass(frozen=True)
class Load:
    """One load: how many prompts, of how many tokens in and out, and how many at once.

    Parameters
    ----------
    at_once:
        None sends all of them at the start, or at their rate.
    rate:
        Requests a second; None: as fast as `at_once` allows.

    """

    name: str
    title: str
    input: int
    output: int
    prompts: int
    at_once: int | None = None
    rate: float | None = None

    @property
    def context(self) -> int:
        """Tokens of context that a request needs."""
        return self.input + self.output

    @property
    def warm_up(self) -> int:
        """Number of requests that are sent before the first measured one."""
        return min(self.prompts, self.at_once or WARM, WARM)


@dataclass(frozen=True)
class Cache:
    """A server's cache of prompts: it is emptied before each run where that is possible.

    Parameters
    ----------
    reset:
        Path that empties it; empty if the server has none.
    hits:
        Names of the counter of cached tokens in its metrics; the first that exists is read.

    """

    reset: str = ""
    hits: tuple[str, ...] = ()


@dataclass(frozen=True)
class Clients:
    """Metrics of a server that show whether other clients load it; empty if it has none.

    A server may give them only with an option of its own: without them, nobody knows of others. The
    names of each server have their source in the folder of its runtime.

    Parameters
    ----------
    running:
        Requests that it works on, and that wait: all names are added.
    finished:
        Requests that have ended since it began; the first that exists is read.

    """

    running: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()


@dataclass(frozen=True)
class Benchmark:
    """A load that jetfleet's own client sends from the board.

    Parameters
    ----------
    service:
        Name of the service and its container.
    url:
        Its base address on the board.
    model:
        The id that it serves.
    protocol:
        What the client speaks.
    container:
        Whether it runs in a container.
    tokenizer, folder:
        The folder of the model in the container, and on the board; empty: not compared.
    context:
        Tokens that one request may have; None if the spec leaves it to the model.
    key:
        Environment variable of the server's key; empty without one.
    clients:
        How other clients show.
    body:
        More fields of each request, such as one that ignores the end of a text.

    """

    service: str
    url: str
    model: str
    protocol: Literal["openai", "ollama"] = "openai"
    container: bool = True
    tokenizer: str = ""
    folder: str = ""
    context: int | None = None
    key: str = ""
    cache: Cache = Cache()
    clients: Clients = Clients()
    body: Mapping[str, Any] = field(default_factory=dict)

    program = "jetfleet"
    """What sends the load, for the reader of a result."""

    repeated = 0
    """Requests of each run whose prompt the program itself sends twice."""

    @property
    def server(self) -> dict[str, Any]:
        """The server, as the job of a program that asks it describes it."""
        return {
            "url": self.url,
            "protocol": self.protocol,
            "model": self.model,
            "service": self.service,
            "key": self.key,
            "body": thaw(self.body),
        }

    @property
    def unit(self) -> str:
        """Name of the transient unit."""
        return f"jetfleet-bench-{self.service}"

    @property
    def probe(self) -> tuple[str, ...]:
        """Command in the container that succeeds if the image has the program; empty: no check."""
        return ()

    @property
    def missing(self) -> str:
        """Sentence for an image without the program."""
        return ""

    def command(self, load: Load, seed: int, prompts: int) -> list[str]:
        """Return the command in the container; empty: jetfleet's own client sends the load."""
        del load, seed, prompts
        return []

    def fitting(self, loads: Sequence[Load]) -> tuple[Load, ...]:
        """Return the loads whose requests the service can hold."""
        return tuple(one for one in loads if self.context is None or one.context <= self.context)
