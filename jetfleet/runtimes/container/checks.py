"""Checks of a container: its probe, and mounts that Docker refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.container.spec import ContainerService
    from jetfleet.runtimes.subject import HostInSpec
    from jetfleet.spec.problem import Problem


def check_probe(of: HostInSpec, service: ContainerService) -> Iterator[Problem]:
    """Yield a problem for a probe of a port that is not known or not published."""
    port, path = service.tcp_port, ("services", service.name, "probe")
    if service.probe is None:
        return
    if not port:
        found, expected = "a probe without a port", "the port that is asked"
        yield of.problem(path, found, expected, "write port: NUMBER")
    elif service.ports and port not in service.ports:
        found, expected = f"the port {port}", "one that `ports` publishes"
        remedy = f"write one of {', '.join(map(str, service.ports))}"
        yield of.problem(path, found, expected, remedy)


def check_mounts(of: HostInSpec, service: ContainerService) -> Iterator[Problem]:
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
