"""The options of a service and where they are written: of its server, or of one entry of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.runtimes.base import Runtime
    from jetfleet.spec.position import KeyPath


@dataclass(frozen=True)
class OptionGroup:
    """Options of one program.

    Parameters
    ----------
    path:
        Below the host, of the mapping that holds them.
    runtime:
        Whose options they are: the service's own, or that of the engine within an entry; None for
        a program of which nothing is known.
    written:
        The options by name.
    model:
        Name of the model that they serve.
    backend:
        Of an entry of a repository: what runs it.

    """

    path: KeyPath
    runtime: Runtime[Any] | None
    written: Mapping[str, Any]
    model: str | None
    backend: str | None = None

    @property
    def owner(self) -> KeyPath:
        """Path below the host of what has the options: the service, or the entry."""
        return self.path[:-1]

    def at(self, name: str) -> KeyPath:
        """Return the path of the option `name` below the host."""
        return (*self.path, name)
