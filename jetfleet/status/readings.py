"""What a board says of itself: one section of the script that surveys it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.steps.program import run_program
from jetfleet.survey.section import section, sections_of
from jetfleet.text import UnreadableJson, read_object

if TYPE_CHECKING:
    from collections.abc import Iterable

SECTION = "status"

SECONDS = 60
"""Time limit of the readings, whatever hangs on the board."""


def status_script(services: Iterable[str], disks: Iterable[str]) -> str:
    """Return the section that reads a board by one process; it writes and installs nothing.

    Parameters
    ----------
    services:
        Names of the services whose unit and models are read.
    disks:
        Absolute paths whose filesystems are measured.

    """
    about = {"services": list(services), "disks": list(disks)}
    return section(SECTION, run_program("ready.py", "status.py", job=about, seconds=SECONDS))


def read_status(output: str) -> dict[str, Any]:
    """Return the readings by name; without any, only ``errors`` with the reason."""
    status, text = sections_of(output).get(SECTION, ("missing", ""))
    try:
        readings = read_object(text)
    except UnreadableJson:
        readings = None
    if status != "0" or readings is None:
        return {"errors": {"board": f"its readings ended with {status}: is python3 there?"}}
    return readings
