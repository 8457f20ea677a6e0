"""The operations of `jetfleet lease` and `jetfleet log`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pyinfra.api.command import FunctionCommand
from pyinfra.api.operation import operation
from pyinfra.context import host

from jetfleet.audit.heads import file_of, read_heads
from jetfleet.audit.read import SCRIPT, SECONDS, log_of
from jetfleet.converge.audited import AuditHead, entry_of
from jetfleet.converge.connection import host_key
from jetfleet.converge.leased import holder_of_run, run_id
from jetfleet.converge.remote import Remote
from jetfleet.converge.say import say_error
from jetfleet.defect import contained
from jetfleet.environment import RUN_FOLDER
from jetfleet.errors import FleetError
from jetfleet.events.event import Leased, Logged, Refused
from jetfleet.events.files import audit_file
from jetfleet.events.write import log_event
from jetfleet.steps import Refused as RefusedError
from jetfleet.steps import audit, failure, lease
from jetfleet.transport.script import Around

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

_TITLE = "Steal the lease"


def leases() -> None:
    """Read the lease of this host; with ``--data steal=TOKEN`` take it from its run, and end it."""
    token = host.data.get("steal")
    ask(name="lease | which run changes the board", work=_lease, given=str(token or ""))


def log() -> None:
    """Read the audit log of this host into the run folder."""
    ask(name="log | what has changed the board", work=_log, given="")


@operation(is_idempotent=False, idempotent_notice="It asks; it changes no resource.")
def ask(work: Callable[..., None], given: str) -> Generator[FunctionCommand, None, None]:
    """Ask the board, and log what it answers.

    + work: the function that does it
    + given: its argument
    """
    yield FunctionCommand(_contained, (work, given), {})


def _contained(state: State, host: Host, work: Callable[..., None], given: str) -> bool:
    try:
        with contained("asking the board"):
            work(state, host, given)
    except FleetError as error:
        log_event(Refused(host=host.name, resource="lease", reason=str(error)))
        say_error(host, str(error))
    return True


def _lease(state: State, host: Host, token: str) -> None:
    remote = Remote(state, host)
    found = _found(remote)
    outcome = ""
    if token:
        outcome = "free"
        if found and found.left:
            outcome = "held" if str(found.token) != token else _stolen(host, remote, found)
    about: dict[str, Any] = {}
    if found:
        one = found.holder
        about = {
            "token": found.token, "left": found.left, "age": found.age, "who": one.who,
            "spec": one.spec, "run": one.run,
        }  # fmt: skip
    log_event(Leased(host=host.name, outcome=outcome, **about))


def _found(remote: Remote) -> lease.Lease | None:
    result = remote.query(lease.show(), "Read the lease")
    if not result.ok:
        raise RefusedError(f"the lease could not be read: {failure(result)}")
    return lease.read(result.out)


def _stolen(host: Host, remote: Remote, found: lease.Lease) -> str:
    """Take the lease that was seen from its run, and end it; return what came of it."""
    token = found.token + 1
    script = lease.begin(run_id(), token, holder_of_run(), over=True) + lease.release(run_id())
    entry = entry_of(host, token, _TITLE, f"lease {found.token} of {found.holder.who}")
    around = Around(audit.before(), audit.after(run_id(), entry))
    result = remote.alone(script, _TITLE, 60, around)
    if lease.refused(result.err):
        return "held"
    if not result.ok:
        raise RefusedError(failure(result))
    head = AuditHead(host)
    head.take(result)
    head.note(token)
    return "stolen"


def _log(state: State, host: Host, given: str) -> None:
    del given
    result = Remote(state, host).query(SCRIPT, "Read the audit log", SECONDS)
    if not result.ok:
        raise RefusedError(f"the audit log could not be read: {failure(result)}")
    text, whole = log_of(result.out)
    heads = read_heads(file_of(host.name, host_key(host)))
    folder = os.environ.get(RUN_FOLDER)
    if folder:
        audit_file(Path(folder), host.name).write_bytes(text)
    seen = tuple({"seq": one.seq, "head": one.head, "seen": one.seen} for one in heads.all)
    log_event(Logged(host=host.name, whole=whole, heads=seen))
