"""Carry out a reviewed plan: only on its hosts, and only where it still holds."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from jetfleet.apply.result import HostResult, Result, read_result
from jetfleet.apply.verifying import Verifying
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import OURS
from jetfleet.plan.make import Request
from jetfleet.plan.model import Plan
from jetfleet.run.folder import About, Folder
from jetfleet.run.pyinfra import Job, run
from jetfleet.spec.limit import hosts_of
from jetfleet.validate import load_checked
from jetfleet.workstation.workstation import commit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jetfleet.run.interrupt import Interrupt


def load_plan(path: Path) -> Plan:
    """Return the plan in a file; `FleetError` if it cannot be read or is not a plan."""
    try:
        return Plan.model_validate_json(path.read_bytes())
    except OSError as error:
        raise FleetError(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise FleetError(
            f"{path} is not a plan of this jetfleet ({where}: {first['msg']}): make one with "
            "`jetfleet plan SPEC -o plan.json`"
        ) from error


def folder_for(plan: Plan, limit: Sequence[str]) -> Folder:
    """Make the run folder of a plan's apply, with the plan in it.

    Raise `FleetError` if the limit means no host of the plan.
    """
    spec, _ = load_checked(Path(plan.spec))
    meant = hosts_of(spec, limit)
    if not any(host.host in meant for host in plan.hosts):
        names = ", ".join(host.host for host in plan.hosts)
        raise FleetError(f"the plan has no host of {', '.join(limit)}: its hosts are {names}")
    about = About(
        command="apply",
        spec=plan.spec,
        deploy=plan.deploy,
        commit=commit_of(Path(plan.spec)),
        hosts=tuple(host.host for host in plan.hosts if host.host in meant),
        began=round(time.time(), 3),
    )
    folder = Folder.make(about)
    folder.plan.write_text(plan.json_text(), encoding="utf-8")
    return folder


def carry_out(
    plan: Plan,
    folder: Folder,
    interrupt: Interrupt,
    tick: Callable[[], None],
    *,
    verify: bool,
) -> Result:
    """Apply a plan's changes on the hosts of the folder that have any; verify each once it is done.

    A host whose survey, or whose spec and lock, are no longer those of the plan is refused by
    pyinfra's run before anything is changed on it.
    """
    request = Request(Path(plan.spec), Path(plan.deploy), data=plan.data)
    request.check()
    before = _left_out(plan, folder)
    left_out = {host.host for host in before}
    job = Job(
        inventory=request.inventory,
        deploy=request.deploy,
        hosts=[name for name in folder.about.hosts if name not in left_out],
        phase="apply",
        data=plan.data,
        plan=folder.plan,
    )
    serving = [name for name in job.hosts if verify and name in _serving(plan)]
    data = (*job.data, f"deploy={request.deploy}")
    check = replace(
        job, deploy=OURS / "verify.py", hosts=serving, phase="verify", plan=None, data=data
    )
    with ExitStack() as runs:
        verifying = Verifying(check, folder, interrupt, job.hosts, runs)

        def turn() -> None:
            tick()
            verifying.turn()

        if job.hosts:
            run(job, folder, interrupt, turn)
        verifying.finish(tick)
    return read_result(folder, before, plan)


def _serving(plan: Plan) -> set[str]:
    """Return the hosts on which the plan's deploy has a service, which can be verified."""
    return {
        host.host
        for host in plan.hosts
        for key in (*host.in_sync, *(one.resource for one in host.resources))
        if key.startswith("service:")
    }


def _left_out(plan: Plan, folder: Folder) -> list[HostResult]:
    """Return the hosts on which the plan changes nothing; they keep their state."""
    return [
        HostResult(host=host.host, state=host.state, reason=host.reason)
        for host in plan.hosts
        if host.state != "changes" and host.host in folder.about.hosts
    ]
