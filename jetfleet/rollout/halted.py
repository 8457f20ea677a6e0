"""What the store here says against a commit that is applied without a rollout."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from jetfleet.rollout.store import Store, default_path
from jetfleet.text import printable

if TYPE_CHECKING:
    from pathlib import Path


def halted(spec: Path, commit: str, store: Path | None = None) -> str:
    """Return why a commit is not applied to a fleet; empty if nothing is against it.

    Each board that it was taken back from refuses it by itself. The others of the fleet have not
    had it: only the store knows that its rollout was halted.

    Parameters
    ----------
    store:
        The file of rollouts; by default that of this user.

    """
    path = store or default_path()
    if not commit or not path.is_file():
        return ""
    with closing(Store(path)) as opened:
        blocked = opened.blocked_commit(str(spec.resolve()), commit)
    if blocked is None:
        return ""
    return printable(
        f"the rollout {blocked.rollout} of the commit {commit[:12]} was halted ({blocked.reason}): "
        "change the spec, or roll it out again with `jetfleet rollout start --again` and the reason"
    )
