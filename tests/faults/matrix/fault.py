"""A fault: how to make it, how to take it away, and what a run must say of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.matrix.phase import PHASES, Phase

if TYPE_CHECKING:
    from tests.faults.matrix.scene import Scene

Action = Callable[["Scene"], None]

LOST = (
    r"connection was lost|did not come back|broke off in the middle|Could not connect|SSH error|"
    r"did not run the script|did not answer|shuts down|ended from outside"
)
ABOUT_SETTINGS = r"less context|fewer sequences|refused its options|correct its settings"
"""Advice to change the settings of a service."""

LOST_REMEDY = r"run again|check that the board is on|log in with"


@dataclass(frozen=True, eq=False)
class Fault:
    """One thing that goes wrong on a board, beside it, or with the run.

    Parameters
    ----------
    what:
        The fault in words, for people.
    make, undo:
        Make it and take it away: a script for the board as root, or a function.
    says:
        A pattern for what a run must say that did not survive it by itself.
    remedy:
        A pattern for what the same words must advise.
    never:
        A pattern for advice that the fault is no reason for.
    left_out:
        Phases in which the fault has no meaning, with the reason for each.
    before:
        Whether it is made before the run starts, to be there when the run comes to the phase.
    alone:
        Whether each board has a run of its own, because the fault is one of the run.
    command:
        The command that is disturbed: ``pyinfra``, or ``jetfleet apply``.
    among:
        The phases of which some are left out.
    seconds:
        How long the fault may keep a run from its end.

    """

    name: str
    what: str
    make: str | Action
    undo: str | Action = ""
    says: str = ""
    remedy: str = ""
    never: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    before: bool = False
    alone: bool = False
    command: str = "pyinfra"
    among: tuple[Phase, ...] = PHASES
    seconds: float = 0

    @property
    def phases(self) -> tuple[Phase, ...]:
        """The phases in which it is made."""
        return tuple(phase for phase in self.among if phase.name not in self.left_out)


def only(phases: tuple[Phase, ...], reason: str) -> dict[str, str]:
    """Leave out all phases but these, for one reason."""
    return {phase.name: reason for phase in PHASES if phase not in phases}


def without(phases: tuple[Phase, ...], reason: str) -> dict[str, str]:
    """Leave out these phases, for one reason."""
    return {phase.name: reason for phase in phases}
