"""Checks of mounts: those that Docker refuses, and those that endanger root."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.spec.option_paths import MODELS
from jetfleet.text import plain_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.runtimes.subject import HostInSpec
    from jetfleet.spec.model import HostSpec
    from jetfleet.spec.problem import Problem
    from jetfleet.spec.service import Service


def mounts_of(service: Service) -> Mapping[str, str]:
    """Return the mounts of a service: paths in its container by paths on the board."""
    found: Mapping[str, str] = getattr(service, "mounts", {})
    return found


def check_mounts(of: HostInSpec, service: Service) -> Iterator[Problem]:
    """Yield a problem for mounts that meet in the container, or meet a model there."""
    models = {f"{MODELS}/{name}": f"the model {name}" for name in service.model_names}
    taken = {**models, **({MODELS: "the folder of the models"} if models else {})}
    for source, target in mounts_of(service).items():
        folder = target.partition(":")[0].rstrip("/") or "/"
        other = taken.setdefault(folder, source)
        if other != source:
            found = f"{folder} in the container, where {other} is mounted too"
            remedy = "choose another folder, such as /files"
            path = ("services", service.name, "mounts", source)
            yield of.problem(path, found, "a folder of its own", remedy, rule="mount-clash")


_OWN = ("/etc", "/run/jetfleet", "/usr", "/var/lib/jetfleet")
"""Folders in which jetfleet writes on every board, as root."""


def check_places(of: HostInSpec, service: Service) -> Iterator[Problem]:
    """Yield a problem for a mount through which the container can write where root works.

    The container could put a link there, which root would follow when it writes: to any file of
    the board.
    """
    for source, target in mounts_of(service).items():
        meets = [place for place in _places(of.host) if _meet(_plain(source), place)]
        if target.endswith(":rw") and meets:
            found = f"{source}, which the container may write, and where root works in {meets[0]}"
            expected = "a folder in which root does not work"
            remedy = "mount a folder beside it, such as /mnt/nvme/data, or read-only, without :rw"
            path = ("services", service.name, "mounts", source)
            yield of.problem(path, found, expected, remedy, rule="mount-of-root")


def _places(host: HostSpec) -> list[str]:
    """Return the folders of a host in which root works, by the names that the spec gives them."""
    data_root = host.docker.data_root if host.docker else None
    kept = (host.models.dir, host.ollama_store, data_root)
    return [*(place for place in kept if place), *_OWN]


def _plain(source: str) -> str:
    """Return a mount's path on the board in normal form; the root is empty."""
    return plain_path(source).rstrip("/")


def _meet(mounted: str, place: str) -> bool:
    """Tell whether a mount has a folder or a part of it."""
    return f"{place}/".startswith(f"{mounted}/") or f"{mounted}/".startswith(f"{place}/")
