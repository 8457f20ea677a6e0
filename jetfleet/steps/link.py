"""Where the files of a model can be had, resolved on the workstation when a step needs them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.steps.error import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from jetfleet.spec.secret import SecretRef
    from jetfleet.steps.bundle import Bundle


def _no_secret(registry: str, reference: SecretRef) -> str:
    del registry
    raise Refused(f"there is no secret {reference.value} here: run it from the workstation")


@dataclass(frozen=True)
class Links:
    """Where the files of a model can be had right now.

    Parameters
    ----------
    urls:
        For each path in the model, its URLs, best first. They may be signed: treat as secrets.
    content:
        Small files that their hub gives only to those who show its key: they go over SSH.
    local:
        Files that are on the workstation, by path in the model: they go over SSH too.

    """

    urls: Mapping[str, tuple[str, ...]]
    content: Mapping[str, bytes] = field(default_factory=dict)
    local: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class LinkResolver:
    """What a change needs from the workstation: secrets and download links, on demand."""

    links: Callable[[str, Sequence[str], bool], Links]
    """Resolves the links of some files of a model: ``links(model, paths, fresh)``.

    It may use the network; `fresh` is for when links that were given before have expired.
    """

    password: Callable[[str, SecretRef], str] = _no_secret
    """Returns the password of a registry for a pull, empty where the pull needs no login.

    It is given the registry's name; it raises `FleetError` for a password that cannot be read.
    """

    bundle: Bundle | None = None
    """The bundle that serves the host; None for a host that has a network."""
