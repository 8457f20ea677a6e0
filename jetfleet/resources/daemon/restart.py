"""Putting a daemon.json in place, and starting Docker with it or with the old one."""

from __future__ import annotations

from jetfleet.steps.program import run_program

CONFIG = "/etc/docker/daemon.json"
BACKUP = f"{CONFIG}.jetfleet-old"
"""The old file, until Docker has started with the new one."""


def settings_script(text: str | None, *, enabled: bool, restarted: bool) -> str:
    """Script that runs ``jetfleet/board/docker_settings.py``.

    Parameters
    ----------
    text:
        The new daemon.json; None: it stays as it is.
    enabled:
        Enable Docker's unit.
    restarted:
        Restart the daemon, and go back to the old file if it does not come up.

    """
    job = {
        "config": CONFIG,
        "backup": BACKUP,
        "text": text,
        "enabled": enabled,
        "restarted": restarted,
    }
    return run_program("place.py", "docker_settings.py", job=job)
