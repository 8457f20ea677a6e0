"""The deploy that reads boards for the gates of a wave; nothing is changed."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyinfra.context import host

from jetfleet.converge.jobs import session_of
from jetfleet.converge.remote import Remote
from jetfleet.converge.rows import Questions
from jetfleet.converge.session import Session
from jetfleet.defect import contained
from jetfleet.errors import FleetError
from jetfleet.events.event import BoardRead
from jetfleet.events.write import log_event
from jetfleet.fleet.deploy import DEPLOY
from jetfleet.inventory import current
from jetfleet.rollout.gates.probe import Ask, probe_script, read_record
from jetfleet.rollout.gates.state import read_state, state_script, state_seconds
from jetfleet.rollout.here.question import read_questions
from jetfleet.runtimes.registry import runtime_of
from jetfleet.status.readings import SECONDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.fleet.desired_state import DesiredState
    from jetfleet.role.role_input import RoleInput
    from jetfleet.rollout.here.question import Measure, Question

PROBE_SECONDS = 180
"""Limit of the requests of one probe: a board that is slower has what it has."""

_READ = Questions()


def read_board() -> None:
    """Read this host, as the file of ``--data question=FILE`` asks."""
    fleet = current()
    question = read_questions(Path(host.data.get("question") or "")).get(host.name)
    if question is None:
        return
    wanted = fleet.wanted(fleet.roles, Path(host.data.get("deploy") or DEPLOY).name)
    asked = partial(_read, question=question, wanted=wanted, inputs=fleet.role_input(host.name))
    _READ.add("gates | what the board and its services do", "board", asked)


def _read(
    state: State, host: Host, question: Question, wanted: DesiredState, inputs: RoleInput
) -> bool:
    """Say what was read of a board; what was not has a reason, and stops no other board."""
    found: dict[str, Any] = {}
    reasons: list[str] = []
    if question.state:
        try:
            with contained("reading the board for its gates"):
                found = _state(state, host, question, wanted, inputs)
        except FleetError as error:
            reasons.append(str(error))
    records: list[dict[str, Any]] = []
    remote = Remote(state, host)
    reasons += [_measure(remote, one, inputs, records) for one in question.measures]
    reasons += [found.pop("reason", "")]
    read = BoardRead(
        host=host.name,
        services=tuple(one.name for one in inputs.host.services),
        disks=_disks(inputs),
        patience=max((one.ready_timeout for one in inputs.host.services), default=0),
        records=tuple(records),
        reason="; ".join(filter(None, reasons)),
        **found,
    )
    log_event(read)
    return True


def _state(
    state: State, host: Host, question: Question, wanted: DesiredState, inputs: RoleInput
) -> dict[str, Any]:
    """Return state, differences and reason of a board, read in one round trip."""
    services = inputs.host.services
    names = [one.name for one in services]
    script = state_script(names, _disks(inputs), [one.name for one in services if one.in_container])
    limit = state_seconds(names)
    output = ""

    def run_script(survey: str, seconds: int) -> str:
        nonlocal output
        output = Remote(state, host).survey(script + survey, limit + seconds)
        return output

    found: dict[str, Any] = {}
    if question.compares:
        known = session_of(state, host, wanted)
        found = _compared(Session(known.resources.values(), known.options, run_script))
    else:
        run_script("", 0)
    read = read_state(output, names)
    return {**found, "state": read.model_dump(mode="json") if read else None}


def _disks(inputs: RoleInput) -> tuple[str, ...]:
    storage = inputs.host.storage
    return ("/", storage.mount) if storage else ("/",)


def _compared(session: Session) -> dict[str, Any]:
    if not session.resources:
        return {"reason": "nothing is wanted on it, so that nothing could be compared"}
    session.survey()
    verdicts = [session.verdict(key) for key in session.resources]
    refused = [one.refused for one in verdicts if one.refused]
    if refused:
        return {"reason": "; ".join(refused)}
    left = [change.sentence for one in verdicts for change in one.changes if not change.waits_for]
    return {"differences": tuple(left)}


def _measure(remote: Remote, one: Measure, inputs: RoleInput, records: list[dict[str, Any]]) -> str:
    """Measure a service, and add its record; return why that did not go well."""
    try:
        with contained(f"measuring {one.service}"):
            records += _measured(remote, one, inputs)
    except FleetError as error:
        return str(error)
    return ""


def _measured(remote: Remote, one: Measure, inputs: RoleInput) -> Iterator[dict[str, Any]]:
    """Yield what was measured of a service, if a probe can ask it."""
    service = next((mine for mine in inputs.host.services if mine.name == one.service), None)
    if service is None or not runtime_of(service).has_benchmark:
        return
    target = runtime_of(service).benchmark(inputs, service)
    if not target.model:
        return
    ask = Ask(one.requests, one.tokens, PROBE_SECONDS, one.wait)
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    # Once: requests of a probe whose connection was lost may still load the server.
    said = remote.query(
        probe_script(target, ask), f"probe {one.service}", ask.limit + 2 * SECONDS, tries=1
    )
    record = read_record(said.out, target, inputs, service, at)
    if record is not None:
        yield record.plain
