"""Why Docker does not run or ran not long ago, where a pull or a container fails."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.converge.boot_trouble import STOPPING
from jetfleet.converge.question import Question
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Mapping

_NEEDS_DOCKER = re.compile(
    r"could not pull|^Pull \S+ had no effect|Docker daemon|error during connect|containerd\.sock"
)
_SERVICE = re.compile(r"^(\S+) does not come up|^Serve (\S+) had no effect")

_MASKED = (
    "Docker is masked: unmask it with `systemctl unmask docker.socket docker.service`, "
    "and run again"
)
_STOPPED = (
    "Docker does not run: look at `journalctl -u docker`, start it with `systemctl start docker`, "
    "and run again"
)

_RESTARTED = (
    "{unit} ended a moment ago, and systemd starts it again: look at `journalctl -u {unit}`, and "
    "run again in a minute"
)

_MEANWHILE = (
    "Docker was stopped or started again while the service started: look at "
    "`journalctl -u docker`, and run again"
)

_COUNT = re.compile("[0-9]{1,18}")

SECONDS = 25
"""Limit of the question."""

_ONE = 5
"""Limit of one call of systemctl in it, in seconds."""

_ENGINE = ("docker.service", "containerd.service")
"""The services that a container needs."""

_BEGAN = "InactiveExitTimestampMonotonic"
_CAME_UP = "ActiveEnterTimestampMonotonic"
_PROPERTIES = f"Id,LoadState,ActiveState,SubState,NRestarts,{_BEGAN},{_CAME_UP}"

_RECENT = 120
"""Seconds after which a restart by systemd is no longer the cause of a failure."""


def ask_engine(said: str) -> Question | None:
    """Return the question why Docker does not run, if a failure may be one of Docker's."""
    units = units_of(said)
    if units is None:
        return None
    of_service = bool(units)
    return Question(
        _script(units), SECONDS, lambda printed: _sentence(printed, of_service=of_service)
    )


def units_of(said: str) -> list[str] | None:
    """Return the units that a failure is about, perhaps none; None if it cannot be Docker's."""
    service = _SERVICE.search(said)
    if not service and not _NEEDS_DOCKER.search(said):
        return None
    return [f"jetfleet-{name}.service" for name in (service.groups() if service else ()) if name]


def _sentence(printed: str, *, of_service: bool) -> str:
    """Return why Docker does not run, or that it ended not long ago; empty if neither is so."""
    about, *units = printed.split("\n\n")
    board = _fields(about)
    if board.get("state") == "stopping":
        return STOPPING
    if of_service and "docker.service" not in board.get("requires", "").split():
        return ""
    states = {unit.get("Id", ""): unit for unit in map(_fields, units)}
    docker = states.get(_ENGINE[0], {})
    if docker.get("LoadState") == "masked":
        return _MASKED
    services = [states.pop(name) for name in set(states) - set(_ENGINE)]
    again = [name for name, unit in states.items() if _is_again(unit, board.get("uptime", ""))]
    if again:
        return _RESTARTED.format(unit=again[0].removesuffix(".service"))
    # Services that need Docker are stopped before it is: its own stop may still wait for theirs.
    if docker.get("ActiveState", "active") != "active" or board.get("job") == "stop":
        return _STOPPED
    return _MEANWHILE if any(_came_later(docker, one) for one in services) else ""


def _fields(text: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def _is_again(unit: Mapping[str, str], uptime: str) -> bool:
    """Tell whether systemd starts a unit again that has ended, or did so not long ago."""
    if unit.get("SubState", "").startswith("auto-restart"):
        return True
    if unit.get("NRestarts", "0") == "0":
        return False
    up = unit.get(_CAME_UP, "")
    if unit.get("ActiveState") != "active" or not _COUNT.fullmatch(up):
        return unit.get("ActiveState") == "activating"
    seconds = uptime.partition(".")[0]
    return bool(_COUNT.fullmatch(seconds)) and int(seconds) - int(up) // 1_000_000 < _RECENT


def _came_later(docker: Mapping[str, str], service: Mapping[str, str]) -> bool:
    """Tell whether Docker came up after a service that needs it had begun to start.

    Another service that systemd starts again brings a Docker back that was stopped by hand.
    """
    up, begun = docker.get(_CAME_UP, ""), service.get(_BEGAN, "")
    counts = _COUNT.fullmatch(up) and _COUNT.fullmatch(begun)
    return bool(counts) and int(up) > int(begun) > 0


def _script(units: list[str]) -> str:
    """Return the script that prints the state of the board, of the engine, what units require."""
    return f"""echo "state=$(timeout {_ONE} systemctl is-system-running)"
read -r up _ < /proc/uptime
echo "uptime=$up"
jobs=$(timeout {_ONE} systemctl list-jobs --no-legend docker.service)
echo "job=$(echo "$jobs" | awk '{{print $3}}')"
for unit in {words(units)}; do
  echo "requires=$(timeout {_ONE} systemctl show -p Requires --value "$unit")"
done
echo
timeout {_ONE} systemctl show -p {_PROPERTIES} {words([*_ENGINE, *units])}
true
"""
