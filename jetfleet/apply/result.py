"""What an apply did, host by host, from the rows that it left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from jetfleet import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.plan.model import HostPlan, Plan
    from jetfleet.run.folder import Folder

Named = set[tuple[str, str]]
"""Resource and attribute of what a plan changes on a host."""

State = Literal["changed", "same", "refused", "failed", "unreachable", "interrupted"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Done(_Frozen):
    """One resource that was changed, or failed to be: its attributes, and how long it took.

    Parameters
    ----------
    attributes:
        Those that the plan named.
    follows:
        Those that came of other changes: systemd reads a rewritten unit anew, and a service that
        went down with Docker or with the board is waited for. Of these a plan says what goes down.

    """

    resource: str
    title: str
    attributes: tuple[str, ...]
    follows: tuple[str, ...] = ()
    seconds: float
    outcome: Literal["changed", "failed"]


class Verified(_Frozen):
    """Whether a service answered, or the models are as locked."""

    what: str
    ok: bool
    reason: str = ""


class HostResult(_Frozen):
    """How an apply ended on one host.

    Parameters
    ----------
    waits:
        For what the board has still to be rebooted, with leave.
    seconds:
        From its first row to its last.

    """

    host: str
    state: State
    reason: str = ""
    done: tuple[Done, ...] = ()
    rebooted: int = 0
    waits: tuple[str, ...] = ()
    verified: tuple[Verified, ...] = ()
    seconds: float = 0.0


class Result(_Frozen):
    """How an apply ended."""

    schema_: Literal[1] = Field(default=1, alias="schema")
    command: Literal["apply"] = "apply"
    spec: str
    deploy: str
    commit: str
    run: str
    hosts: tuple[HostResult, ...]

    @property
    def status(self) -> int:
        """Exit code: 0 done and verified, 3 some host was not."""
        well = all(
            host.state in {"changed", "same"} and all(one.ok for one in host.verified)
            for host in self.hosts
        )
        return 0 if well else 3

    def json_text(self) -> str:
        """Return the result as JSON, documented in docs/formats.md."""
        return self.model_dump_json(by_alias=True, indent=2) + "\n"


def read_result(
    folder: Folder, before: Sequence[HostResult] = (), plan: Plan | None = None
) -> Result:
    """Return how an apply ended.

    Parameters
    ----------
    before:
        Hosts that it did not even go to.
    plan:
        What it was to carry out; without it all that it changed counts as named.

    """
    named = {host.host: _named(host) for host in plan.hosts} if plan else {}
    about = folder.about
    known = {host.host: host for host in before}
    whole = _ran_to_its_end(folder)
    return Result(
        spec=about.spec,
        deploy=about.deploy,
        commit=about.commit,
        run=str(folder.path),
        hosts=tuple(
            known.get(name) or _host(folder, name, named.get(name), whole=whole)
            for name in about.hosts
        ),
    )


def _ran_to_its_end(folder: Folder) -> bool:
    """Tell whether pyinfra came to its last line: an exception on one host ends the run of all."""
    log = folder.log("apply")
    return log.exists() and "--> Results:" in log.read_text(encoding="utf-8", errors="replace")


def _named(host: HostPlan) -> Named:
    return {(one.resource, change.attribute) for one in host.resources for change in one.changes}


def _host(folder: Folder, name: str, named: Named | None, *, whole: bool) -> HostResult:
    mine = [r for r in rows.read(folder.path, name) if r.get("phase") in {"apply", "verify"}]
    applied = [row for row in mine if row["phase"] == "apply"]
    if not mine:
        log = folder.log("apply")
        return HostResult(host=name, state="failed", reason=f"nothing is known of it: see {log}")
    state, reason = ended(applied)
    if not whole and state in {"changed", "same"}:
        state, reason = "interrupted", f"the run broke off: see {folder.log('apply')}"
    rebooted = [row["resource"] for row in applied if row["outcome"] == "rebooted"]
    return HostResult(
        host=name,
        state=state,
        reason=reason,
        done=_done(applied, named),
        rebooted=len(rebooted),
        waits=tuple(
            row["reboot"]
            for row in applied
            if row["outcome"] == "expected" and row["waits_for"] and row["resource"] not in rebooted
        ),
        verified=tuple(
            Verified(what=row["what"], ok=row["ok"], reason=row["reason"])
            for row in mine
            if row["outcome"] == "verified"
        ),
        seconds=round(mine[-1]["at"] - mine[0]["at"], 1),
    )


def ended(applied: Sequence[dict[str, Any]]) -> tuple[State, str]:
    """Return how a host's rows say that it ended, and why if not well."""
    reasons: dict[str, str] = {}
    for row in applied:
        if row["outcome"] in {"unreachable", "failed", "refused"}:
            reasons.setdefault(row["outcome"], row["reason"])
    outcomes: tuple[Literal["unreachable", "failed", "refused"], ...] = (
        "unreachable", "failed", "refused",
    )  # fmt: skip
    for outcome in outcomes:
        if outcome in reasons:
            return outcome, reasons[outcome]
    ended = {row["resource"] for row in applied if row["outcome"] in {"changed", "failed"}}
    cut = [r for r in applied if r["outcome"] == "started" and r["resource"] not in ended]
    if cut:
        return (
            "interrupted",
            f"“{cut[-1]['title']}” was under way: run again, it goes on",
        )
    return ("changed" if ended else "same"), ""


def _done(applied: Sequence[dict[str, Any]], named: Named | None) -> tuple[Done, ...]:
    titles = {row["resource"]: row["title"] for row in applied if "title" in row}
    grouped: dict[str, list[dict[str, Any]]] = {}
    for row in applied:
        if row["outcome"] in {"changed", "failed"}:
            grouped.setdefault(row["resource"], []).append(row)
    return tuple(
        Done(
            resource=key,
            title=titles.get(key, key),
            attributes=tuple(a for a in _attributes(group) if _in(named, key, a)),
            follows=tuple(a for a in _attributes(group) if not _in(named, key, a)),
            seconds=round(group[0]["at"] - group[0]["begun"], 1),
            outcome=group[0]["outcome"],
        )
        for key, group in grouped.items()
    )


def _attributes(group: Sequence[dict[str, Any]]) -> list[str]:
    return [row["attribute"] for row in group if "attribute" in row]


def _in(named: Named | None, key: str, attribute: str) -> bool:
    return named is None or (key, attribute) in named
