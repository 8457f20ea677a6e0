"""The board loses its power, or reboots."""

from __future__ import annotations

from tests.faults.matrix.fault import LOST, LOST_REMEDY, Fault, without
from tests.faults.matrix.phase import CONNECT
from tests.faults.matrix.scene import Scene

_CONNECT = without((CONNECT,), "a board that is off: tests/faults/test_refusal.py")


def _power_cut(scene: Scene) -> None:
    scene.lab.fleet.power_cut(scene.host)
    scene.lab.fleet.power_on(scene.host)


def _reboot(scene: Scene) -> None:
    scene.lab.fleet.reboot(scene.host)


FAULTS = (
    Fault(
        "power-cut",
        "the board loses its power, and boots again",
        _power_cut,
        says=rf"{LOST}|reboot",
        remedy=LOST_REMEDY,
        left_out=_CONNECT,
        seconds=120,
    ),
    Fault(
        "reboot",
        "another user reboots the board",
        _reboot,
        says=rf"{LOST}|reboot",
        remedy=LOST_REMEDY,
        left_out=_CONNECT,
        seconds=120,
    ),
)
