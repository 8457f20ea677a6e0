"""Model hubs that refuse, break off or send something else, while a board fetches from them."""

from __future__ import annotations

from typing import Any

from tests.faults.matrix.fault import Action, Fault
from tests.faults.matrix.phase import HUBS
from tests.faults.matrix.scene import Scene

_HUB_REMEDY = "run again"


def _fault(**fields: Any) -> Action:
    """Return an action that lets the store of the cell's hub go wrong for this board alone."""

    def order(scene: Scene) -> None:
        lab, store = scene.lab, scene.cell.phase.store
        lab.fault(match=store, client=lab.fleet.ip(scene.host), **fields)

    return order


def _none(scene: Scene) -> None:
    scene.lab.no_faults()


def _hub(
    name: str,
    what: str,
    *,
    says: str = "could not fetch",
    remedy: str = _HUB_REMEDY,
    seconds: float = 30,
    **fields: Any,
) -> Fault:
    return Fault(
        f"hub-{name}",
        what,
        _fault(**fields),
        _none,
        says=says,
        remedy=remedy,
        before=True,
        seconds=seconds,
        among=HUBS,
    )


FAULTS = (
    _hub("busy", "the hub answers 503 six times", status=503, retry_after=1, times=6),
    _hub("down", "the hub answers 500 for ever", status=500, times=None, seconds=120),
    _hub("expired", "the hub refuses the link once", status=403, times=1),
    _hub(
        "gone",
        "the hub has the files no longer",
        remedy="jetfleet lock --upgrade",
        status=404,
        times=None,
    ),
    _hub("cut", "the connection breaks after 5,000 bytes, five times", cut=5000, times=5),
    _hub("flip", "a byte is another one, five times", flip=2000, times=5),
    _hub(
        "lies",
        "a byte is another one, each time",
        says="could not fetch.*checksum",
        remedy="jetfleet lock --upgrade",
        flip=2000,
        times=None,
        seconds=60,
    ),
    _hub("no-ranges", "the hub sends whole files only", ignore_range=True, times=None),
    _hub("length", "the announced length is wrong twice", length=1000, times=2),
    _hub("slow", "the hub sends 200 kB a second", rate=200_000, times=None),
)
