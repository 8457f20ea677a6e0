"""Why Docker does not run, said beside a failure of a pull or of a container."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.steps import Refused
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.steps import Result

_NEEDS_DOCKER = re.compile(
    r"could not pull|^Pull \S+ had no effect|Docker daemon|error during connect|containerd\.sock"
)
_SERVICE = re.compile(r"^(\S+) does not come up|^Serve (\S+) had no effect")

_STOPPING = "the board shuts down or reboots: run again when it is up"
_MASKED = (
    "Docker is masked: unmask it with `systemctl unmask docker.socket docker.service`, "
    "and run again"
)
_STOPPED = (
    "Docker does not run: look at `journalctl -u docker`, start it with `systemctl start docker`, "
    "and run again"
)

SECONDS = 5


def engine_trouble(said: str, query: Callable[[str, str], Result]) -> str:
    """Return why Docker does not run, if a failure is one of Docker's; empty if it runs.

    Parameters
    ----------
    said:
        The failure.
    query:
        Runs a script on the board that only reads, with a title.

    """
    service = _SERVICE.search(said)
    if not service and not _NEEDS_DOCKER.search(said):
        return ""
    units = [f"jetfleet-{name}.service" for name in (service.groups() if service else ()) if name]
    try:
        shown = query(_script(units), "Look at Docker").out.split()
    except Refused as lost:
        return str(lost)
    if "stopping" in shown:
        return _STOPPING
    if units and "docker.service" not in shown:
        return ""
    if "LoadState=masked" in shown:
        return _MASKED
    return (
        "" if "ActiveState=active" in shown or "ActiveState=" not in " ".join(shown) else _STOPPED
    )


def _script(units: list[str]) -> str:
    """Script that prints the state of the board, of Docker, and what units require."""
    return f"""timeout {SECONDS} systemctl is-system-running
timeout {SECONDS} systemctl show -p LoadState -p ActiveState docker.service
for unit in {words(units)}; do
  timeout {SECONDS} systemctl show -p Requires --value "$unit"
done
true
"""
