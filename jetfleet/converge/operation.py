"""The one pyinfra operation: a row of a plan, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyinfra.api.command import FunctionCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.operation import operation
from pyinfra.context import ctx_host, ctx_state, host, state

from jetfleet.converge.jobs import begin, say_planned, session_of
from jetfleet.converge.say import log_refused, say, say_warning
from jetfleet.defect import contained
from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.fleet.desired_state import DesiredState


@operation()
def converge(
    keys: Sequence[str], wanted: DesiredState, titles: Mapping[str, str]
) -> Generator[FunctionCommand, None, None]:
    """Ensure that resources of this host are in sync with the spec.

    + keys: those of the resources
    + wanted: what the roles of this deploy want on each host
    + titles: of the resources by key, where their row stands for more than one

    A resource that must not be changed fails the host, in the plan already.
    """
    if state.is_executing:
        work = begin(ctx_state.get(), ctx_host.get(), wanted)
        done = {key: work.wait(key) for key in keys}
    else:
        done = {key: _planned(state, host, key, wanted) for key in keys}
    tried = {key: well for key, well in done.items() if well is not None}
    if tried:
        named = [titles[key] for key in tried if key in titles]
        yield FunctionCommand(_report, (all(tried.values()), named), {})
    else:
        host.noop("nothing to do")


def _report(state: State, host: Host, well: bool, titles: Sequence[str]) -> bool:  # noqa: FBT001 - pyinfra's form
    del state
    for title in titles:
        say(host, title)
    return well


def _planned(state: State, host: Host, key: str, wanted: DesiredState) -> bool | None:
    """Compare one resource, and log what differs or why it is refused.

    Return True if it is to be changed, None if not.
    """
    session = session_of(state, host, wanted, changes=True)
    # The plan of a host ends with what it is refused for.
    if key not in session.resources or host in state.failed_hosts:
        return None
    reason = ""
    try:
        # pyinfra ends the run by an exception of its own when the last host has failed.
        with contained(f"planning {key}", passing=(PyinfraError,)):
            verdict = session.verdict(key)
            reason = verdict.refused
            if verdict.changes and not reason:
                say_planned(host, session, key, verdict.changes)
                return True
    except FleetError as error:
        reason = str(error)
    if reason:
        log_refused(host, key, reason)
        _fail(state, host)
    return None


def _fail(a_state: State, a_host: Host) -> None:
    try:
        a_state.fail_hosts({a_host})
    except EOFError:
        # pyinfra has failed the host and asks whether to go on; nobody is there to answer, as in
        # a plan that a job makes: it goes on with the others.
        say_warning(a_host, "left out of the rest of this plan")
