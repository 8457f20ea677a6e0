"""Environment variables by which a command tells the pyinfra that it starts what to do."""

from __future__ import annotations

import os
from pathlib import Path

RUN_FOLDER = "JETFLEET_RUN"
"""The run folder. Without it, a run writes no events."""

PHASE = "JETFLEET_PHASE"
"""The phase of the run: ``plan``, ``apply``, ``verify`` or ``status``."""

PARENT = "JETFLEET_PARENT"
"""Number of a descriptor that reads as ended when the command that started pyinfra has ended."""

PLAN = "JETFLEET_PLAN"
"""The file of a reviewed plan. Without it, a run changes whatever differs."""

LOGIN = "JETFLEET_LOGIN"
"""Number of a descriptor from which the login password that a user typed is read, once."""

SUDO = "JETFLEET_SUDO"
"""Number of a descriptor from which the sudo password that a user typed is read, once."""

POINT = "JETFLEET_POINT"
"""Number of the point of a sweep, from 1, that the hosts have besides the spec."""


BESIDE = "JETFLEET_BESIDE"
"""The spec beside which host keys, secrets and the overlay of twins are: a run's own is a copy."""

LET_GO = "JETFLEET_LET_GO"
"""A folder: a run begins nothing more on a host that a file in it is named after."""


def beside(spec: Path) -> Path:
    """Return the spec that this workstation's own files are beside: `spec`, or what it copies."""
    return Path(os.environ.get(BESIDE) or spec)


def is_let_go(host: str) -> bool:
    """Tell whether the rollout waits for a host no longer."""
    folder = os.environ.get(LET_GO)
    return bool(folder) and (Path(folder or "") / host).exists()


def point() -> str:
    """Return the number of the point of a sweep as the environment has it; empty outside of one."""
    return os.environ.get(POINT, "")
