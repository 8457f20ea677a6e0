"""The run that the faults of a round disturb."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from jetfleet.environment import RUN_FOLDER
from tests.support.lab import LLM, Lab
from tests.support.pyinfra import BIN, ROOT

LONGEST = 240
"""Seconds after which a run counts as one that never ends."""


def limit(hosts: Sequence[str]) -> list[str]:
    """Return the options that limit a run to these boards."""
    return [word for host in hosts for word in ("--limit", host)]


def start(
    lab: Lab, command: str, hosts: Sequence[str], folder: Path, *, mode: str = "-y"
) -> subprocess.Popen[str]:
    """Start a run on these boards; its output goes to ``log`` in its folder.

    Parameters
    ----------
    command:
        ``pyinfra``, or ``jetfleet`` for `jetfleet apply`.
    mode:
        ``-y`` to apply, ``--dry`` to plan.

    """
    lines = {
        "pyinfra": [str(lab.inventory), LLM, "--data", "reboot=allow"],
        "jetfleet": ["apply", str(lab.spec)],
    }
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            [str(BIN / command), *lines[command], mode, *limit(hosts)],
            cwd=ROOT,
            env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", RUN_FOLDER: str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            text=True,
        )


def ended(run: subprocess.Popen[str]) -> bool:
    """Wait for the end of a run; kill one that does not end, and return False."""
    try:
        run.wait(LONGEST)
    except subprocess.TimeoutExpired:
        run.kill()
        run.wait()
        return False
    return True
