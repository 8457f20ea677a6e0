"""The settings with which a service was last ready: kept on the board, and put back from there.

Its unit copies what it starts with to ``starting.tar`` and renames that to ``ready.tar`` once it
is ready (templates/containers/etc/systemd/system/jetfleet-NAME.service.j2), so that a start that
nobody watches is known too. The archives hold secrets of the service's env file: only root
can read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.steps.program import run_program
from jetfleet.steps.shell import STATE_DIR

if TYPE_CHECKING:
    from collections.abc import Iterable

SERVICES = "/var/lib/jetfleet/services"
"""Folder on the board with a folder for each service."""

READY = "ready.tar"
"""Name in there of the archive: the service's files as they were, from the root folder on."""


def put_back(name: str, unit: str, written: Iterable[str]) -> str:
    """Script that makes the files of a service what they were when it was last ready.

    It prints one of the words of ``jetfleet/board/put_back.py``.

    Parameters
    ----------
    written:
        Paths of the files that the service has now; those that it did not have then are removed.

    """
    job = {
        "unit": unit,
        "unit_file": f"/etc/systemd/system/{unit}",
        "archive": f"{SERVICES}/{name}/{READY}",
        "started": f"{STATE_DIR}/{name}.started",
        "written": list(written),
    }
    return run_program("put_back.py", job=job)
