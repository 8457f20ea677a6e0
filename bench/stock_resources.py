"""What both peers are given of the resources: bench/stock.py for pyinfra, bench/playbook.py."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jetfleet.resources import Daemon, Resource, Service
from jetfleet.resources.daemon.merge import merge, render

_SHIPPED = {"runtimes": {"nvidia": {"path": "nvidia-container-runtime", "runtimeArgs": []}}}
"""What a board's daemon.json has before anything is applied."""


def daemon_text(daemon: Daemon) -> str:
    """Return the daemon.json that a board has once the resource is converged."""
    return render(merge(_SHIPPED, daemon.wanted))


def units_of(resources: Iterable[Resource[Any]]) -> list[str]:
    """Return the units that run: Docker, the clocks, and the services."""
    services = [one.unit for one in resources if isinstance(one, Service)]
    return ["docker.service", "jetfleet-clocks.service", *services]
