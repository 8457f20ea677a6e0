"""The exit codes of all commands; docs/formats.md has the table."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jetfleet.events.state import State


class ExitCode(IntEnum):
    """How a command ended. A signal ends it with 128 and the signal's number: 129, 130, 143."""

    DONE = 0
    """Nothing to do, or all done."""
    ERROR = 1
    """Wrong use, a wrong spec, a missing file, or a person said no. Nothing was begun."""
    DIFFERENCES = 2
    """Something differs or would change."""
    NOT_REACHED = 3
    """Some host was refused, unreachable or skipped, and is untouched."""
    FAILED = 4
    """Some host failed or was interrupted while it was changed, or does not answer after it."""


_OF: dict[State, ExitCode] = {
    "in-sync": ExitCode.DONE,
    "changed": ExitCode.DONE,
    "changes": ExitCode.DIFFERENCES,
    "refused": ExitCode.NOT_REACHED,
    "unreachable": ExitCode.NOT_REACHED,
    "skipped": ExitCode.NOT_REACHED,
    "failed": ExitCode.FAILED,
    "interrupted": ExitCode.FAILED,
}


def exit_code(states: Iterable[State]) -> ExitCode:
    """Return the exit code for hosts in these states: the largest, which is the most severe."""
    return max((_OF[state] for state in states), default=ExitCode.DONE)


def interrupted(signal: int) -> int:
    """Return the exit code of a command that a signal ended, as shells have it."""
    return 128 + signal
