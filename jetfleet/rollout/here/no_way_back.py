"""Why a host cannot be brought back to what it had before a rollout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Filesystem, JetPack

if TYPE_CHECKING:
    from jetfleet.plan.model import HostPlan
    from jetfleet.rollout.here.clone import Clone

EDITED = "+"
"""Ends the commit in a record if the spec was edited since; see `commit_of`."""


def irreversible(planned: HostPlan) -> str:
    """Return what of a plan no other apply undoes; empty if there is nothing of it."""
    for one in planned.resources:
        attributes = {change.attribute for change in one.changes if not change.waits_for}
        kind = one.resource.partition(":")[0]
        if kind == Filesystem.kind and "filesystem" in attributes:
            return "a disk is formatted"
        if kind == JetPack.kind and attributes:
            return "L4T is upgraded, and no package leads back"
    return ""


def no_way_back(planned: HostPlan, clone: Clone | None) -> str:
    """Return why a host with this plan could not be brought back; empty if it could be."""
    if planned.state in {"unreachable", "skipped"}:
        return "it was not reached when the plan was made: nobody knows what is applied to it"
    before = planned.applied or ""
    if not before:
        return "its record names no commit: nothing was applied to it yet, or from no repository"
    if before.endswith(EDITED):
        return (
            f"what it has was applied from {before[:12]} with edits, which no commit holds: apply "
            "a commit first"
        )
    if clone is None:
        return "the spec is in no git repository, where its earlier state would be"
    if not clone.has(before):
        return f"the commit that it has, {before[:12]}, is not in this clone: fetch it"
    return irreversible(planned)
