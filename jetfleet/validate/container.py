"""Checks of what Docker refuses when it starts a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.spec.model import Service
    from jetfleet.spec.problem import Problem
    from jetfleet.validate.subject import HostInSpec


def check_container(of: HostInSpec, service: Service) -> Iterator[Problem]:
    """Yield a problem for mounts that meet in the container."""
    taken: dict[str, str] = {}
    for source, target in service.mounts.items():
        folder = target.partition(":")[0].rstrip("/") or "/"
        other = taken.setdefault(folder, source)
        if other != source:
            found = f"{folder} in the container, where {other} is mounted too"
            remedy = "choose another folder, such as /models"
            path = ("services", service.name, "mounts", source)
            yield of.problem(path, found, "a folder of its own", remedy, rule="mount-clash")
