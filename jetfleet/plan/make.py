"""Make a plan: a dry run of pyinfra on the live boards, and the events that it left."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.events.files import hosts_in
from jetfleet.run.folder import About, Folder
from jetfleet.run.pyinfra import Job, started, wait
from jetfleet.spec.limit import hosts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from jetfleet.plan.model import Plan
    from jetfleet.run.interrupt import Interrupt


@dataclass(frozen=True)
class Request:
    """What a person asks for: a deploy on the hosts of a spec, all of them or some.

    Parameters
    ----------
    limit:
        Names of hosts or groups, or patterns of hosts' names; none means all.
    data:
        Options of this run, as pyinfra's ``--data``.
    diff:
        Read managed files too, to show what would change in them.
    only_now:
        Options of this run alone, which the plan does not keep.

    """

    spec: Path
    deploy: Path
    limit: Sequence[str] = ()
    data: Sequence[str] = ()
    diff: bool = False
    only_now: Sequence[str] = ()

    @property
    def inventory(self) -> Path:
        """The inventory for pyinfra beside the spec."""
        return self.spec.with_suffix(".py")

    def check(self) -> None:
        """Raise `FleetError` if a file is missing: pyinfra would say less, and later."""
        for path, remedy in (
            (self.spec, "name a fleet's YAML file, such as inventory/lab.yaml"),
            (self.inventory, "it is pyinfra's inventory, two lines: see inventory/lab.py"),
            (self.deploy, "name a deploy, or run from the folder that has deploys/"),
        ):
            if not path.is_file():
                raise FleetError(f"there is no {path}: {remedy}")


def make_plan(
    request: Request,
    command: str,
    interrupt: Interrupt,
    tick: Callable[[Folder], None] = lambda _: None,
) -> tuple[Plan, Folder]:
    """Plan on the live boards; the plan is written into the run folder too.

    Raises
    ------
    FleetError
        The spec is wrong, or pyinfra ended before it read any host.

    """
    request.check()
    limit = _limit(request)
    about = About(
        command=command,
        spec=str(request.spec),
        deploy=str(request.deploy),
        commit="",
        hosts=limit,
        began=round(time.time(), 3),
    )
    folder = Folder.make(about)
    job = Job(
        inventory=request.inventory,
        deploy=request.deploy,
        hosts=limit,
        phase="plan",
        data=(*request.data, *request.only_now),
        diff=request.diff,
    )
    try:
        with started(job, folder, interrupt) as process:
            # What takes as long as pyinfra needs to connect is done meanwhile, imports and all.
            from jetfleet.plan.known import Known  # noqa: PLC0415

            known = Known.of(request.spec, request.deploy)
            folder = folder.of(limit or known.hosts, known.commit)
            wait(process, interrupt, lambda: tick(folder))
    except FleetError:
        folder.discard()
        raise
    if not hosts_in(folder.path) and not interrupt.number:
        said = folder.log("plan").read_text(encoding="utf-8", errors="replace").strip()
        raise FleetError(f"pyinfra ended before it read any host:\n{said[-2000:]}")
    plan = known.plan(folder, request.data)
    folder.plan.write_text(plan.json_text(), encoding="utf-8")
    return plan, folder


def _limit(request: Request) -> tuple[str, ...]:
    """Return the hosts that are asked for by name; none if all are meant, with no look at any."""
    if not request.limit:
        return ()
    from jetfleet.validate import load_checked  # noqa: PLC0415 - only a limit has to wait for it

    return hosts_of(load_checked(request.spec)[0], request.limit)
