"""The exit codes of rollouts; docs/formats.md has the table."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetfleet.rollout.state import State


class RolloutExit(IntEnum):
    """How a command about a rollout ended."""

    DONE = 0
    """All hosts are in, all gates passed."""
    ERROR = 1
    """Nothing was begun."""
    DIFFERENCES = 2
    """Of a plan: there is something to roll out."""
    INCOMPLETE = 3
    """It ended, and some hosts do not have the change."""
    HALTED = 4
    """It was halted; what was to be taken back is taken back, and verified."""
    NOT_OVER = 5
    """Paused, inconclusive, a closed window, a soak, or no longer watched."""
    ABORTED = 6
    """A person aborted it."""
    NOT_BACK = 7
    """It was halted, and some board could not be brought back."""
    IN_THE_WAY = 8
    """A rollout, a lease or a block of another is in the way."""


_ENDS = {
    "done": RolloutExit.DONE,
    "incomplete": RolloutExit.INCOMPLETE,
    "halted": RolloutExit.HALTED,
    "not-back": RolloutExit.NOT_BACK,
    "aborted": RolloutExit.ABORTED,
}


def exit_of(state: State) -> RolloutExit:
    """Return the exit code of a rollout that stands so."""
    return _ENDS.get(state.ended, RolloutExit.NOT_OVER)
