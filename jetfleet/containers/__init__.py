"""What any role may use to run a container or program as a systemd unit that checks readiness.

`service_resources` returns everything that a board needs for one: the unit, the script that it
runs, its files and secrets, and the check that makes the unit active only when the server is ready.
"""

from __future__ import annotations

from jetfleet.containers.container import Container, Mount
from jetfleet.containers.program import Program
from jetfleet.containers.ready import Ready, local_address
from jetfleet.containers.service import ServiceSettings, service_resources

__all__ = [
    "Container",
    "Mount",
    "Program",
    "Ready",
    "ServiceSettings",
    "local_address",
    "service_resources",
]
