"""The one reading of a board: a script that only reads, and its sections."""

from __future__ import annotations

from jetfleet.adopt import units
from jetfleet.adopt.folders import survey_folders
from jetfleet.board import program
from jetfleet.errors import FleetError
from jetfleet.resources import Board, Daemon, PowerMode, RunOptions
from jetfleet.resources.adopted.container import survey_containers
from jetfleet.resources.adopted.hiding import hiding
from jetfleet.steps.systemd import show_units
from jetfleet.survey import section
from jetfleet.survey.section import sections

SECONDS = 7200
"""Limit of reading a board: its model files are hashed, which takes an hour for a terabyte."""

_DISK = """findmnt -rno TARGET,SOURCE,FSTYPE,OPTIONS --real | sed 's/^/mount /'
sed 's/^/fstab /' /etc/fstab
lsblk -brno NAME,TYPE,SIZE,FSTYPE | sed 's/^/block /'
true
"""

_ABOUT = """echo "hostname $(cat /proc/sys/kernel/hostname)"
sed -n 's/^MemTotal: *\\([0-9]*\\) kB/memory \\1/p' /proc/meminfo
# `apt-mark` would rewrite apt's cache.
dpkg-query -W -f '${db:Status-Want} ${Package}\\n' | sed -n 's/^hold /hold /p'
true
"""


def script() -> str:
    """Return the survey script; it needs root and writes nothing on the board."""
    options = RunOptions()
    engine = show_units(["docker.service"]) + Daemon.survey([], options)
    texts = {
        "about": _ABOUT,
        "board": Board.survey([], options),
        "power": PowerMode.survey([], options),
        # The program that locks the clocks at boot also tells which are free; it is not installed.
        "clocks": f"set -- free\n{program('clocks.sh')}",
        "disk": f"{{\n{_DISK}}} | {hiding()}",
        "docker": f"{{\n{engine}}} | {hiding()}",
        "containers": survey_containers(None),
        "units": units.survey(),
        "folders": survey_folders(),
    }
    more = {"folders": SECONDS}
    return sections({n: (text, more.get(n, section.SECONDS)) for n, text in texts.items()})


def read(output: str) -> dict[str, str]:
    """Return the text of each section by name, without sections that failed.

    Raises
    ------
    FleetError
        A section that may have secrets failed: what it does not say would be missing in the spec.

    """
    found = section.sections_of(output)
    failed = [f"{n}: {found[n].failed}" for n in _HIDING if n in found and found[n].failed]
    if failed:
        raise FleetError(
            f"the board did not say everything ({'; '.join(failed)}): jetfleet hides secrets there "
            "with python3; check that it runs on the board, and try again"
        )
    return {name: one.text for name, one in found.items() if not one.failed}


_HIDING = ("disk", "docker", "containers", "units")
"""Sections that pass through `hiding`."""
