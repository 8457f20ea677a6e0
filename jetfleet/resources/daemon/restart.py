"""Putting a daemon.json in place, and starting Docker with it or with the old one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.resources.daemon.items import ITEMS
from jetfleet.steps.program import run_program
from jetfleet.steps.shell import STATE_DIR
from jetfleet.steps.switch import Switch

if TYPE_CHECKING:
    from collections.abc import Mapping

CONFIG = "/etc/docker/daemon.json"
BACKUP = f"{CONFIG}.jetfleet-old"
"""The old file, until Docker has started with the new one."""

STARTED_WITH = f"{STATE_DIR}/docker-started-with.json"
"""The copy that docker.service's drop-in makes at each start of the daemon."""

SECONDS = 300
"""The longest that a change of the settings may take: the daemon stops every container first."""


STATE = "/var/lib/jetfleet"
"""The folder of what jetfleet notes on a board."""


def settings_script(
    text: str | None,
    items: Mapping[str, str] | None = None,
    *,
    enabled: bool,
    restarted: bool,
) -> str:
    """Script that runs ``jetfleet/board/docker_settings.py``; see `settings_job`."""
    return run_program(
        "foreign_json.py",
        "entry.py",
        "place.py",
        "docker_stopped.py",
        "docker_settings.py",
        job=settings_job(text, items, enabled=enabled, restarted=restarted),
    )


def settings_job(
    text: str | None, items: Mapping[str, str] | None, *, enabled: bool, restarted: bool
) -> dict[str, Any]:
    """Return the job of ``jetfleet/board/docker_settings.py``.

    Parameters
    ----------
    text:
        The new daemon.json; None: it stays as it is.
    items:
        What is noted of its lists, see `items_job`.
    enabled:
        Enable Docker's unit.
    restarted:
        Restart the daemon, and go back to the old file if it does not come up.

    """
    return {
        "config": CONFIG,
        "backup": BACKUP,
        "started_with": STARTED_WITH,
        "text": text,
        "enabled": enabled,
        "restarted": restarted,
        **({"items": items} if items else {}),
    }


def kept_script(folder: str) -> str:
    """Script that runs ``jetfleet/board/docker_kept.py`` for the folder that the engine has now."""
    job = {"new": folder.rstrip("/"), "state": STATE}
    return run_program("foreign_json.py", "place.py", "docker_kept.py", job=job)


SWITCH = Switch(
    "Docker's settings",
    (CONFIG, BACKUP, ITEMS),
    settings_script(None, enabled=False, restarted=True),  # what ran before runs again
    work=SECONDS,
    own=(BACKUP, ITEMS),
)
"""The network of containers can take the route of the connection; and the run can die."""
