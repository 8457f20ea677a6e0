"""What carries a rollout out: the one place that says by which boards it is driven."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.rollout.here.boards import BoardsHere
from jetfleet.rollout.here.clone import Clone

if TYPE_CHECKING:
    from pathlib import Path

    from jetfleet.rollout.boards import Boards
    from jetfleet.rollout.plan_file import PlanFile


def boards_of(plan: PlanFile, spec: Path) -> Boards:
    """Return the boards of a plan, reached from this computer.

    Parameters
    ----------
    spec:
        The spec here, in a clone that has the plan's commit.

    Raises
    ------
    FleetError
        The spec or the commit is not here, or a site has a worker.

    """
    workers = [site.name for site in plan.rollout.sites.values() if site.worker]
    if workers:
        raise FleetError(
            f"the site {workers[0]} has `worker: true`, and no worker can be reached: leave the "
            "key out, so that its hosts are reached from this computer"
        )
    if not spec.is_file():
        raise FleetError(f"there is no {spec}: name the spec as it is on this computer with --spec")
    commit, clone = plan.reviewed.commit, Clone.of(spec)
    if commit and (clone is None or not clone.has(commit)):
        raise FleetError(
            f"the commit {commit[:12]} of the rollout is not in the clone of {spec}: `git fetch` it"
        )
    return BoardsHere(plan.reviewed, spec)
