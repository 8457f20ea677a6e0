"""What an apply did, host by host, from its events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field

from jetfleet.events.interpret import read_host
from jetfleet.events.state import State
from jetfleet.events.text import Name
from jetfleet.text import format_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.events.host import HostRun, ResourceRun
    from jetfleet.plan.model import HostPlan, Plan
    from jetfleet.run.folder import Folder

Named = set[tuple[str, str]]
"""Resource and attribute of what a plan changes on a host."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


class Done(_Frozen):
    """One resource that was changed, or failed to be: its attributes, and how long it took.

    Parameters
    ----------
    attributes:
        Those that the plan named.
    follows:
        Those that followed from other changes: systemd reloads a rewritten unit, and a service that
        stopped with Docker or with the board is waited for. A plan shows these as outages.

    """

    resource: Name
    title: Name
    attributes: tuple[Name, ...]
    follows: tuple[Name, ...] = ()
    seconds: float
    outcome: Literal["changed", "failed"]


class Verified(_Frozen):
    """Whether a service answered, or the models are as locked."""

    what: Name
    ok: bool
    reason: Name = ""


class HostResult(_Frozen):
    """How an apply ended on one host.

    Parameters
    ----------
    waits:
        What still needs a reboot that was not allowed.
    seconds:
        From its first event to its last.
    audit:
        Number and hash of the last line of the board's audit log, if the run has changed the board.

    """

    host: Name
    state: State
    reason: Name = ""
    done: tuple[Done, ...] = ()
    rebooted: int = 0
    waits: tuple[Name, ...] = ()
    verified: tuple[Verified, ...] = ()
    seconds: float = 0.0
    audit: tuple[int, str] | None = None


class Result(_Frozen):
    """How an apply ended."""

    schema_: Literal[2] = Field(default=2, alias="schema")
    command: Literal["apply"] = "apply"
    spec: str
    deploy: str
    commit: Name
    run: str
    hosts: tuple[HostResult, ...]

    def json_text(self) -> str:
        """Return the result as JSON, documented in docs/formats.md."""
        return format_json(self.model_dump(by_alias=True)) + "\n"


def read_result(
    folder: Folder, before: Sequence[HostResult] = (), plan: Plan | None = None
) -> Result:
    """Return how an apply ended.

    Parameters
    ----------
    before:
        Hosts that it did not go to.
    plan:
        The plan that it carried out; without it, all that it changed counts as named.

    """
    named = {host.host: _named(host) for host in plan.hosts} if plan else {}
    about = folder.about
    known = {host.host: host for host in before}
    return Result(
        spec=about.spec,
        deploy=about.deploy,
        commit=about.commit,
        run=str(folder.path),
        hosts=tuple(
            known.get(name) or _host(_carried_out(folder, name), named.get(name))
            for name in about.hosts
        ),
    )


def _named(host: HostPlan) -> Named:
    return {(one.resource, change.attribute) for one in host.resources for change in one.changes}


def _carried_out(folder: Folder, name: str) -> HostRun:
    return read_host(folder.path, name, lambda phase: phase in {"apply", "verify"})


def _host(run: HostRun, named: Named | None) -> HostResult:
    needed = ((one.key, one.effects) for one in run.resources.values() if one.effects)
    return HostResult(
        host=run.name,
        state=run.state,
        reason=run.reason,
        done=tuple(_done(one, named) for one in run.resources.values() if one.ended),
        rebooted=len(run.rebooted),
        waits=tuple(e.reboot for key, e in needed if e.waits_for and key not in run.rebooted),
        verified=tuple(
            Verified(what=one.what, ok=one.ok, reason=one.reason) for one in run.verified
        ),
        seconds=round(run.seconds, 1),
        audit=run.audit,
    )


def _done(one: ResourceRun, named: Named | None) -> Done:
    attributes = [change.attribute for change in one.changes]
    follows = [a for a in attributes if named is not None and (one.key, a) not in named]
    return Done(
        resource=one.key,
        title=one.title,
        attributes=tuple(a for a in attributes if a not in follows),
        follows=tuple(follows),
        seconds=round((one.ended or 0.0) - (one.begun or 0.0), 1),
        outcome="failed" if one.outcome == "failed" else "changed",
    )
