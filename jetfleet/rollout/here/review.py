"""Make the plan of a rollout: one dry run over all of its hosts, and what leads back on each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.drift.fingerprint import desired_of
from jetfleet.errors import FleetError
from jetfleet.plan.make import Request, make_plan
from jetfleet.rollout.here.clone import Clone
from jetfleet.rollout.here.no_way_back import no_way_back
from jetfleet.rollout.here.reviewed import HostReview, Reviewed

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.plan.model import HostPlan, Plan
    from jetfleet.run.folder import Folder
    from jetfleet.run.interrupt import Interrupt


def review(
    request: Request,
    interrupt: Interrupt,
    tick: Callable[[Folder], None] = lambda _: None,
) -> tuple[Reviewed, Plan, Folder]:
    """Plan on the live boards for a rollout: what it may change is certain from then on.

    Return with it the plan, and the run folder, which the caller ends.

    Raises
    ------
    FleetError
        A file of the clone was edited since its commit, the spec is wrong, or pyinfra ended before
        it read any host.

    """
    clone = Clone.of(request.spec)
    if clone:
        clone.check_clean()
    plan, folder = make_plan(request, "plan", interrupt, tick)
    commit = clone.head() if clone else ""
    if plan.commit != commit:
        raise FleetError(
            f"{request.spec} was edited, or another commit was checked out, while the plan was "
            "made: commit, and make it again"
        )
    wanted = _desired(request, plan)
    hosts = tuple(_host(one, clone, wanted.get(one.host, ""), commit) for one in plan.hosts)
    place = clone.below if clone else _whole
    here = place(Path.cwd())
    reviewed = Reviewed(
        made=plan.made,
        spec=place(request.spec),
        deploy=place(request.deploy),
        # pyinfra imports the roles of a fleet from the folder that it runs in.
        folder="" if clone and Path(here).is_absolute() else here,
        commit=commit,
        data=tuple(request.data),
        hosts=hosts,
    )
    return reviewed, plan, folder


def _whole(path: Path) -> str:
    return str(path.absolute())


def _host(planned: HostPlan, clone: Clone | None, desired: str, commit: str) -> HostReview:
    compared = planned.state in {"in-sync", "changes"}
    return HostReview(
        host=planned.host,
        state=planned.state,
        reason=planned.reason,
        desired=planned.desired or desired,
        resources=tuple(one.resource for one in planned.resources) if compared else None,
        internet=planned.internet,
        lan=planned.lan,
        before=planned.applied or "",
        no_way_back="" if planned.state == "in-sync" else no_way_back(planned, clone),
        taken_back=bool(commit) and planned.taken_commit == commit,
    )


def _desired(request: Request, plan: Plan) -> dict[str, str]:
    """Return the hash of what is wanted on each host that no survey has said it of."""
    silent = [one.host for one in plan.hosts if not one.desired]
    if not silent:
        return {}
    # Few fleets have such a host: only they have their roles run once more.
    from jetfleet.plan.known import Known  # noqa: PLC0415

    fleet = Known.of(request.spec, request.deploy).fleet
    wanted = fleet.wanted(fleet.roles, request.deploy.name)
    return {name: desired_of(wanted.resources(name)) for name in silent}
