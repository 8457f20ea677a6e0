"""Compute the difference between two revisions of a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.diff.fleet import compare
from jetfleet.diff.report import Report
from jetfleet.diff.revision import revisions
from jetfleet.diff.side import side

if TYPE_CHECKING:
    from pathlib import Path


def ask(spec: Path, asked: str, deploy: Path) -> Report:
    """Return what changes on the hosts of a spec between two revisions.

    Parameters
    ----------
    asked:
        ``REV``, ``REV..REV`` or ``REV...REV``.
    deploy:
        Whose roles are rendered; each side reads it as that revision has it.

    Raises
    ------
    FleetError
        A revision is not there, or the spec of one side is wrong.

    """
    between = revisions(spec, asked)
    old, new = (
        side(spec, deploy, between.root, *one)
        for one in ((between.old, between.old_commit), (between.new, between.new_commit))
    )
    return Report(
        spec=str(spec),
        between=between,
        difference=compare(old.hosts, new.hosts),
        not_locked=new.not_locked,
        notes=(*old.notes, *new.notes),
    )
