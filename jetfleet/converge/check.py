"""Checks of `verify`: models are as locked, and a service answers a real request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.converge.answer import read_answers
from jetfleet.converge.jobs import session_of
from jetfleet.converge.remote import Remote
from jetfleet.converge.say import say, say_error
from jetfleet.defect import contained
from jetfleet.errors import FleetError
from jetfleet.events.event import Verified
from jetfleet.events.write import log_event
from jetfleet.steps import Refused, failure
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.converge.answer import Answer
    from jetfleet.fleet.desired_state import DesiredState


VERIFY_SECONDS = 300
"""Limit of a check for each model of the service: it is loaded, and generates some tokens."""


def compare(state: State, host: Host, keys: Sequence[str], wanted: DesiredState) -> bool:
    """Say which of some resources are not in sync; return whether all are."""
    try:
        with contained("comparing models"):
            verdicts = [session_of(state, host, wanted).verdict(key) for key in keys]
            wrong = [
                *(verdict.refused for verdict in verdicts if verdict.refused),
                *(f"{change.sentence}: apply repairs it" for v in verdicts for change in v.changes),
            ]
    except FleetError as error:
        wrong = [str(error)]
    for reason in wrong:
        say_error(host, reason)
    log_event(Verified(host=host.name, what="models", ok=not wrong, reason="; ".join(wrong)))
    return not wrong


def check(state: State, host: Host, service: str, models: int) -> bool:
    """Ask a service for its health, its models' ids and one generation each, and say how fast.

    Parameters
    ----------
    models:
        How many it has to ask.

    Returns whether it is ready.

    """
    try:
        with contained(f"verifying {service}"):
            answers = _answers(state, host, service, models)
    except FleetError as error:
        say_error(host, f"{service} is not ready: {error}")
        log_event(Verified(host=host.name, what=service, ok=False, reason=str(error)))
        return False
    rows = tuple(answer.figures for answer in answers)
    log_event(Verified(host=host.name, what=service, ok=True, answers=rows))
    for said in [f"{answer.model} {answer.sentence}" for answer in answers] or ["is ready"]:
        say(host, f"{service}: {said}")
    return True


def _answers(state: State, host: Host, service: str, models: int) -> tuple[Answer, ...]:
    """Return what the models of a service answered; raise `Refused` if it is not ready."""
    script = f"/usr/local/lib/jetfleet/ready /etc/jetfleet/{words([service])}/ready.json --now\n"
    result = Remote(state, host).query(script, f"Verify {service}", VERIFY_SECONDS * max(models, 1))
    if not result.ok:
        raise Refused(result.err.strip() or failure(result))
    return read_answers(result.out)
