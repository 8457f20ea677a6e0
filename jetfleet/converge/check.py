"""The checking operation: a service answers a real request, or its host fails."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pyinfra import logger
from pyinfra.api.command import FunctionCommand
from pyinfra.api.operation import operation

from jetfleet.converge.answer import figures, sentence
from jetfleet.converge.operation import session_of
from jetfleet.converge.remote import Remote
from jetfleet.events.event import Verified
from jetfleet.events.write import log_event
from jetfleet.steps import Refused
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.fleet.desired_state import DesiredState


@operation(is_idempotent=False, idempotent_notice="It only asks; it changes nothing.")
def check(service: str) -> Generator[FunctionCommand, None, None]:
    """Ask a service for its health, its models' ids and one generation each, and say how fast.

    + service: its name
    """
    yield FunctionCommand(_check, (service,), {})


@operation(is_idempotent=False, idempotent_notice="It only compares; it changes nothing.")
def compare(keys: Sequence[str], wanted: DesiredState) -> Generator[FunctionCommand, None, None]:
    """Say which of some resources are not in sync; fail the host if any is not.

    + keys: the resources' keys
    + wanted: what the roles want on each host
    """
    yield FunctionCommand(_compare, (keys, wanted), {})


def _compare(state: State, host: Host, keys: Sequence[str], wanted: DesiredState) -> bool:
    verdicts = [session_of(state, host, wanted).verdict(key) for key in keys]
    wrong = [
        *(verdict.refused for verdict in verdicts if verdict.refused),
        *(f"{change.sentence}: apply repairs it" for v in verdicts for change in v.changes),
    ]
    for reason in wrong:
        logger.error(f"{host.print_prefix}{reason}")
    reason = "; ".join(wrong)
    log_event(Verified(host=host.name, what="models", ok=not wrong, reason=reason))
    return not wrong


def _check(state: State, host: Host, service: str) -> bool:
    script = f"/usr/local/lib/jetfleet/ready /etc/jetfleet/{words([service])}/ready.json --now\n"
    try:
        result = Remote(state, host).query(script, f"Verify {service}")
        reason = "" if result.ok else (result.err.strip() or "the check itself failed")
    except Refused as refusal:
        reason = str(refusal)
    if reason:
        logger.error(f"{host.print_prefix}{service} is not ready: {reason}")
        log_event(Verified(host=host.name, what=service, ok=False, reason=reason))
        return False
    answers = json.loads(result.out.strip().splitlines()[-1])["answers"]
    rows = [figures(answer) for answer in answers]
    log_event(Verified(host=host.name, what=service, ok=True, answers=tuple(rows)))
    for said in [f"{answer['model']} {sentence(answer)}" for answer in answers] or ["is ready"]:
        logger.info(f"{host.print_prefix}{service}: {said}")
    return True
