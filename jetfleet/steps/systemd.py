"""systemd units as surveyed: many in one reading, with the settings that they were started with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.steps.shell import words
from jetfleet.text import read_count

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MARKER = "JETFLEET_STARTED_WITH"
"""Variable in a unit's environment: the hash of the settings that it was started with."""

_BEGUN, _READY = "InactiveExitTimestampMonotonic", "ActiveEnterTimestampMonotonic"

_SHOWN = (
    "Id", "ActiveState", "UnitFileState", "NeedDaemonReload", "MainPID", "Job", "Environment",
    _BEGUN, _READY,
)  # fmt: skip


@dataclass(frozen=True)
class UnitState:
    """How systemd has a unit.

    Parameters
    ----------
    active:
        ActiveState, such as ``active`` or ``activating``; a unit that waits for its start, as at a
        boot, is ``activating`` too.
    enabled:
        It starts at boot.
    stale:
        Its file was changed since systemd read it.
    started_with:
        `MARKER` in the environment of its running main process; empty without one.
    starts_with:
        `MARKER` in the unit as systemd has it: what its next start gets.
    process:
        It has a main process, whose environment shows `MARKER` if it has one.
    ready_seconds:
        How long its last start took until it was active; 0 if it is not.

    """

    active: str = "unknown"
    enabled: bool = False
    stale: bool = False
    started_with: str = ""
    ready_seconds: float = 0.0
    starts_with: str = ""
    process: bool = False


def show_units(names: Iterable[str]) -> str:
    """Shell script that reads all these units with a fixed number of processes."""
    # Nothing of a unit's environment is printed but the marker: the rest may be secret.
    marker = f"s/^Environment=.*\\({MARKER}=[0-9a-f]*\\).*/Environment=\\1/"
    return f"""show=$(systemctl show -p {",".join(_SHOWN)} {words(sorted(set(names)))} |
  sed '{marker};t
s/^Environment=.*/Environment=/')
echo "$show"
set --
for line in $show; do
  case $line in MainPID=0) ;; MainPID=*) set -- "$@" "/proc/${{line#*=}}/environ" ;; esac
done
[ $# -eq 0 ] || grep -azHo '^{MARKER}=[0-9a-f]*' "$@" | tr '\\0' '\\n'
true
"""


def read_units(text: str) -> dict[str, UnitState]:
    """Return the units by name from what the script printed; other lines are passed over."""
    shows: list[dict[str, str]] = [{}]
    environ: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition("=")
        if line.startswith("/proc/"):
            environ[line.split("/")[2]] = value
        elif name in _SHOWN:
            # systemd prints a unit's properties in an order of its own; a repeated one is of the
            # next unit.
            if name in shows[-1]:
                shows.append({})
            shows[-1][name] = value
    return {
        show["Id"]: UnitState(
            active=_active(show),
            enabled=show.get("UnitFileState") == "enabled",
            stale=show.get("NeedDaemonReload") == "yes",
            started_with=environ.get(show.get("MainPID", "0"), ""),
            ready_seconds=_ready_seconds(show),
            starts_with=show.get("Environment", "").removeprefix(f"{MARKER}="),
            process=show.get("MainPID", "0") != "0",
        )
        for show in shows
        if "Id" in show
    }


def _active(show: Mapping[str, str]) -> str:
    active = show.get("ActiveState", "unknown")
    waits = active in {"inactive", "failed"} and show.get("Job", "0") not in {"", "0"}
    return "activating" if waits else active


def _ready_seconds(show: Mapping[str, str]) -> float:
    begun, ready = (read_count(show.get(name) or "0") for name in (_BEGUN, _READY))
    up = show.get("ActiveState") == "active" and 0 < begun <= ready
    return (ready - begun) / 1e6 if up else 0.0
