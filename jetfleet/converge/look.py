"""The reading operation of `jetfleet status`: one script a board, nothing changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyinfra import logger
from pyinfra.api.command import FunctionCommand
from pyinfra.api.operation import operation

from jetfleet.converge.record import tell
from jetfleet.converge.remote import Remote
from jetfleet.converge.session import Session
from jetfleet.inventory import current
from jetfleet.resources import RunOptions, Service
from jetfleet.status import ask
from jetfleet.steps import Refused

if TYPE_CHECKING:
    from collections.abc import Generator

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.fleet import DesiredState


def status() -> None:
    """Read this host, and compare it with what the deploy's roles want on it; change nothing."""
    fleet = current()
    look(name="status | what the board is doing", wanted=fleet.wanted(fleet.roles))


@operation(is_idempotent=False, idempotent_notice="It only reads; it changes nothing.")
def look(wanted: DesiredState) -> Generator[FunctionCommand, None, None]:
    """Read the board and all resources in one script.

    + wanted: what the roles want on each host
    """
    yield FunctionCommand(_look, (wanted,), {})


def _look(state: State, host: Host, wanted: DesiredState) -> bool:
    spec = wanted.fleet.spec.host(host.name)
    mount = [spec.storage.mount] if spec.storage else []
    resources = wanted.resources(host.name)
    services = {
        r.name: wanted.role_of(host.name, r.key)
        for r in resources.values()
        if isinstance(r, Service)
    }
    question = ask.script(services, ["/", *mount])
    outputs: list[str] = []

    def both(survey: str) -> str:
        result = Remote(state, host).look(question + survey, "status")
        outputs.append(result.out)
        if not result.ok:
            raise Refused(f"the survey failed: {(result.err or result.out).strip()[-300:]}")
        return result.out

    session = Session(resources.values(), RunOptions(), both)
    try:
        differences = _differences(session, both)
        reason = ""
    except Refused as refusal:
        differences, reason = [], str(refusal)
    readings = ask.read(outputs[-1]) if outputs else {"errors": {}}
    tell(
        host.name,
        "status",
        readings=readings,
        services=services,
        differences=differences,
        reason=reason,
    )
    for row in differences:
        logger.info(f"{host.print_prefix}{row['sentence']}")
    logger.info(f"{host.print_prefix}{len(differences)} things are not as the spec says")
    return True


def _differences(session: Session, read: Any) -> list[dict[str, str]]:  # noqa: ANN401
    """Return what is not as the roles want it, in the words of a plan."""
    if not session.resources:
        read("")  # a board of which nothing is wanted is looked at all the same
    rows = []
    for key in session.resources:
        session.actual(key)  # the first reads all; a survey that fails is told once
        verdict = session.verdict(key)
        if verdict.refused:
            rows.append({"resource": key, "sentence": verdict.refused})
        rows += [
            {
                "resource": key,
                "attribute": change.attribute,
                "have": change.have,
                "want": change.want,
                "sentence": change.sentence,
            }
            for change in verdict.changes
        ]
    return rows
