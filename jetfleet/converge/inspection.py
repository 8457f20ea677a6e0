"""The operation of `jetfleet status`: one script reads a board, nothing is changed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pyinfra.api.command import FunctionCommand
from pyinfra.api.operation import operation
from pyinfra.context import host

from jetfleet.converge.remote import Remote
from jetfleet.converge.say import say
from jetfleet.converge.session import Session
from jetfleet.defect import contained
from jetfleet.errors import FleetError
from jetfleet.events.event import Difference, Inspected
from jetfleet.events.write import log_event
from jetfleet.fleet.deploy import DEPLOY
from jetfleet.inventory import current
from jetfleet.resources import RunOptions, Service
from jetfleet.status.readings import SECONDS, read_status, status_script

if TYPE_CHECKING:
    from collections.abc import Generator

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.fleet.desired_state import DesiredState


def status() -> None:
    """Read this host, and compare it with what the deploy's roles want on it; change nothing."""
    fleet = current()
    deploy = Path(host.data.get("deploy") or DEPLOY).name
    inspect(name="status | what the board is doing", wanted=fleet.wanted(fleet.roles, deploy))


@operation(is_idempotent=False, idempotent_notice="It only reads; it changes nothing.")
def inspect(wanted: DesiredState) -> Generator[FunctionCommand, None, None]:
    """Read the board and all resources in one script.

    + wanted: what the roles want on each host
    """
    yield FunctionCommand(_inspect, (wanted,), {})


def _inspect(state: State, host: Host, wanted: DesiredState) -> bool:
    spec = wanted.spec.host(host.name)
    mount = [spec.storage.mount] if spec.storage else []
    resources = wanted.resources(host.name)
    roles = wanted.roles(host.name)
    services = {
        one.name: roles.get(one.key, "") for one in resources.values() if isinstance(one, Service)
    }
    question = status_script(services, ["/", *mount])
    output = ""

    def run_script(survey: str, seconds: int) -> str:
        nonlocal output
        output = Remote(state, host).survey(question + survey, seconds + SECONDS)
        return output

    session = Session(resources.values(), RunOptions(), run_script)
    differences: list[Difference] = []
    refusals: list[str] = []
    try:
        with contained("comparing the board with the spec"):
            session.survey()
            differences, refusals = _compared(session)
    except FleetError as error:
        refusals = [str(error)]
    inspected = Inspected(
        host=host.name,
        readings=read_status(output) if output else {"errors": {}},
        services=services,
        differences=tuple(differences),
        reason="; ".join(refusals),
        notes=session.notes(),
    )
    log_event(inspected)
    for sentence in [*refusals, *(one.sentence for one in differences)]:
        say(host, sentence)
    return True


def _compared(session: Session) -> tuple[list[Difference], list[str]]:
    """Return what differs from what the roles want, and why a resource is refused."""
    differences, refusals = [], []
    for key in session.resources:
        verdict = session.verdict(key)
        if verdict.refused:
            refusals.append(verdict.refused)
        differences += [
            Difference(
                resource=key,
                attribute=change.attribute,
                have=change.have,
                want=change.want,
                sentence=change.sentence,
            )
            for change in verdict.changes
        ]
    return differences, refusals
