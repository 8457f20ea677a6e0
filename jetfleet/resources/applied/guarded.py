"""The removal of what decides how a board is reached, under the dead man's switch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.resources import access, network
from jetfleet.resources.applied.job import job_of
from jetfleet.resources.applied.ours import kept_path
from jetfleet.steps import Run, Steps
from jetfleet.steps.guarded_services import RESTART_SECONDS, note_stopped, undo_restart
from jetfleet.steps.program import run_program
from jetfleet.steps.switch import Switch, guarded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.resources.applied.gone import Gone
    from jetfleet.resources.applied.record import Entries


def removal_script(job: Mapping[str, Any]) -> str:
    """Return the script that does a job of ``jetfleet/board/remove.py``."""
    return run_program("foreign_json.py", "place.py", "mark.py", "unmount.py", "remove.py", job=job)


def without(one: Gone, entries: Entries, title: str) -> Steps:
    """Remove it, and forget it once a new connection has confirmed that."""
    job = job_of([one], entries)
    # Until the change is confirmed, the record names it: what is put back can be removed again.
    remove = removal_script({**job, "keys": []})
    files = (one.path, kept_path(one.path))
    if one.kind == "network":
        yield from network.without(one.name, files, remove, title)
    elif one.kind == "access":
        yield from access.without(one.path, files, remove, title)
    else:
        change = Run(f"set -eu\n{note_stopped(one.read_by)}{remove}", title)
        switch = Switch(one.path, files, undo_restart(one.read_by), work=RESTART_SECONDS)
        yield from guarded(switch, change, detached=True)
    yield Run(removal_script({**job, "files": [], "restart": [], "certificates": False}), title)
