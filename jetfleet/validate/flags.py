"""The options of a service and where they stand: of the server, or of one entry of a repository."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.catalog.option_table import plain_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.spec.model import Service
    from jetfleet.spec.position import KeyPath


@dataclass(frozen=True)
class Flags:
    """Options of one program.

    Parameters
    ----------
    path:
        Below the host, of the mapping that holds them.
    program:
        Whose options they are: the runtime's, or ``vllm`` for an entry that runs on it.
    model:
        The model that they serve.

    """

    path: KeyPath
    program: str
    written: Mapping[str, Any]
    model: str | None

    @property
    def plain(self) -> dict[str, Any]:
        """The options by their names with dashes."""
        return {plain_option(name): value for name, value in self.written.items()}

    def at(self, name: str) -> KeyPath:
        """Return the path of the option `name` below the host, as it was spelled."""
        spelled = (flag for flag in self.written if plain_option(flag) == name)
        return (*self.path, next(spelled, name))


def flags_of(service: Service) -> Flags:
    """Return the options of a service's server."""
    path = ("services", service.name, "flags")
    return Flags(path, service.runtime, service.flags, service.model)


def all_flags(service: Service) -> Iterator[Flags]:
    """Yield the options of a service's server, and those of the vLLMs in its repository."""
    yield flags_of(service)
    for name, entry in service.repository.items():
        if entry.backend == "vllm":
            path = ("services", service.name, "repository", name, "flags")
            yield Flags(path, "vllm", entry.flags, entry.model)
