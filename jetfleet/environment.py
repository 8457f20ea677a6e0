"""Environment variables by which a command tells the pyinfra that it starts what to do."""

from __future__ import annotations

import os

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


def point() -> str:
    """Return the number of the point of a sweep as the environment has it; empty outside of one."""
    return os.environ.get(POINT, "")
