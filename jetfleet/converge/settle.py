"""Undo a change that no run will confirm, before a run changes the board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.converge.say import say_warning
from jetfleet.steps import Refused, failure
from jetfleet.steps.switch import SETTLE_SECONDS
from jetfleet.steps.switch import settle as settle_script

if TYPE_CHECKING:
    from pyinfra.api.host import Host

    from jetfleet.converge.leased import LeasedBoard
    from jetfleet.converge.session import Session


def settle(host: Host, session: Session, board: LeasedBoard) -> None:
    """Undo a change that the board would undo later, and read the board again.

    Its run was killed: what this run does now would be undone in part while it runs, or afterwards.

    Raises
    ------
    Refused
        The board does not undo it.

    """
    change = session.unconfirmed
    if not change.waits:
        return
    say_warning(host, f"{change.note}; it is undone now, because its run has died")
    done = board.run(settle_script(), "Undo an unconfirmed change", SETTLE_SECONDS)
    if not done.ok:
        raise Refused(f"the change of {change.name} could not be undone: {failure(done)}")
    before = session.lease
    session.forget()
    session.read()
    session.lease = before  # not the one of this run
