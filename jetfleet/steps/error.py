"""The ways in which a change is not made."""

from __future__ import annotations

from jetfleet.errors import FleetError


class Refused(FleetError):
    """A precondition on the board does not hold; nothing on the board was changed.

    The message is one sentence that names what was found and one that says what to do.
    """


class NoAnswer(Refused):
    """A script did not end within its limit: it was ended, and is not tried again.

    Parameters
    ----------
    out:
        What it had printed until then.

    """

    def __init__(self, sentence: str, out: str = "") -> None:
        super().__init__(sentence)
        self.out = out


class Lost(Refused):
    """The connection was lost while a script ran that must not run twice.

    Parameters
    ----------
    out:
        What it had printed until then.

    """

    def __init__(self, sentence: str, out: str = "") -> None:
        super().__init__(sentence)
        self.out = out


class StepFailed(FleetError):
    """A step of a change failed; the board may be half changed, and the next run repairs it.

    The message is one sentence that names the step and the reason.
    """
