"""Where a Docker engine keeps its data, and whether its images are under `data-root`.

Since Docker 29 an engine without images uses containerd's image store, which does not look at
`data-root`: https://docs.docker.com/engine/storage/containerd/.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.resources.daemon.engine import COMING, release_of
from jetfleet.resources.daemon.items import both, items_job, put_by, settle, without_others
from jetfleet.resources.daemon.merge import ABSENT, KeyPath, merge, part, render, same, value_at
from jetfleet.resources.daemon.state import parsed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.resources.daemon.state import DaemonState

DATA_ROOT = ("data-root",)
STORE = ("features", "containerd-snapshotter")
"""The key that switches containerd's image store on and off."""

STORE_OFF: Mapping[str, Any] = {"features": {"containerd-snapshotter": False}}

_USUAL = "/var/lib/docker"
_USUAL_OF_CONTAINERD = "/var/lib/containerd"
_CONTAINERD_SINCE = (29, 0)


def root_of(settings: Mapping[str, Any]) -> str:
    """Return the folder where an engine with these settings keeps its data."""
    found = value_at(settings, DATA_ROOT)
    return found if isinstance(found, str) and found else _USUAL


def manages_store(wanted: Mapping[str, Any]) -> bool:
    """Tell whether images must be under the `data-root` of these settings."""
    return "data-root" in wanted and value_at(wanted, STORE) is ABSENT


def moves(wanted: Mapping[str, Any], running: Mapping[str, Any]) -> bool:
    """Tell whether an engine that runs with some settings gets another `data-root`."""
    return "data-root" in wanted and not same(DATA_ROOT, root_of(running), wanted["data-root"])


def runs_with(actual: DaemonState) -> Mapping[str, Any]:
    """Return the settings that the daemon runs with; those of its file if no copy shows it."""
    copied = actual.started_with if actual.active else None
    return parsed(actual.config if copied is None else copied)


def merged(actual: DaemonState, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """Return the daemon.json that a board gets: what it has, with these settings."""
    off = STORE_OFF if images_beside(actual, wanted) else {}
    have = parsed(actual.config)
    return settle(merge(merge(have, wanted), off), have, wanted, actual.put)


def note_of(
    actual: DaemonState, wanted: Mapping[str, Any], *, leave: bool
) -> Mapping[str, str] | None:
    """Return the job that notes which items of lists are jetfleet's; None without any.

    Parameters
    ----------
    leave:
        Items that have left the spec are taken out; else they are noted as before.

    """
    after = put_by(parsed(actual.config), wanted, actual.put)
    before = both(actual.put, after)
    return items_job(before, after if leave else before)


def images_root(actual: DaemonState, wanted: Mapping[str, Any]) -> str:
    """Return the folder where the engine keeps its images once it has these settings."""
    if manages_store(wanted):
        return root_of(wanted)
    settings = merged(actual, wanted)
    if actual.containerd_root or value_at(settings, STORE) is True:
        return actual.containerd_root or _USUAL_OF_CONTAINERD
    return root_of(settings)


def difference(
    actual: DaemonState, wanted: Mapping[str, Any], paths: Sequence[KeyPath]
) -> tuple[str, str]:
    """Return these paths of daemon.json as they are and as they will be, as text.

    Other keys, and items of others, may hold passwords; nothing is said of them, because nothing
    is done to them.
    """
    have, want = (
        part(without_others(one, wanted, actual.put), [STORE, *paths])
        for one in (parsed(actual.config), merged(actual, wanted))
    )
    return render(have) if have else "", render(want)


def images_beside(actual: DaemonState, wanted: Mapping[str, Any]) -> str:
    """Return where images are, or will be after a restart; empty if under `data-root`."""
    running = runs_with(actual)
    if not manages_store(wanted) or actual.engine == COMING:
        return ""
    if actual.containerd_root:
        inside = f"{actual.containerd_root}/".startswith(f"{root_of(running).rstrip('/')}/")
        return "" if inside else actual.containerd_root
    release = release_of(actual.engine)
    fresh = moves(wanted, running)
    if release is not None:
        # Of an engine that does not run it is not known; one that was upgraded keeps its store.
        fresh = release >= _CONTAINERD_SINCE and (fresh or not actual.store)
    return _USUAL_OF_CONTAINERD if fresh and value_at(running, STORE) is ABSENT else ""
