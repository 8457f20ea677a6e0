"""What a board says of itself: one section of the script that surveys it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.board import STATUS
from jetfleet.steps.program import run_program
from jetfleet.survey.section import MISSING, Section, sections, sections_of
from jetfleet.text import UnreadableJson, read_object

if TYPE_CHECKING:
    from collections.abc import Iterable

SECTION = "status"

SECONDS = 40
"""Time limit of the readings, whatever hangs on the board."""


def status_script(
    services: Iterable[str], disks: Iterable[str], contained: Iterable[str] = ()
) -> str:
    """Return the section that reads a board by one process; it writes and installs nothing.

    Parameters
    ----------
    services:
        Names of the services whose unit and models are read.
    disks:
        Absolute paths whose filesystems are measured.
    contained:
        Names of the services whose container Docker is asked about, too.

    """
    about = {"services": list(services), "disks": list(disks), "contained": list(contained)}
    return sections({SECTION: (run_program(*STATUS, job=about), SECONDS)})


def read_status(output: str) -> dict[str, Any]:
    """Return the readings by name; without any, only ``errors`` with the reason."""
    section = sections_of(output).get(SECTION, Section(failed=MISSING))
    try:
        readings = read_object(section.text)
    except UnreadableJson:
        readings = None
    if section.failed or readings is None:
        why = section.failed or "it is no JSON object"
        return {"errors": {"board": f"the board's readings failed, {why}: is python3 there?"}}
    return readings
