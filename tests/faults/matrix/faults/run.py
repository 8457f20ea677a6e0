"""The run itself is ended, by each signal and for both commands."""

from __future__ import annotations

import signal
from collections.abc import Iterator

from tests.faults.matrix.fault import Action, Fault, without
from tests.faults.matrix.phase import CONNECT, REBOOT
from tests.faults.matrix.run import LONGEST, start
from tests.faults.matrix.scene import Scene

_LEFT_OUT = without((CONNECT,), "the board knows nothing of a run that has not connected")
_LEFT_OUT |= without((REBOOT,), "see tests/faults/test_kill.py")


def _send(number: signal.Signals) -> Action:
    def send(scene: Scene) -> None:
        if scene.run is not None:
            scene.run.send_signal(number)

    return send


def _faults() -> Iterator[Fault]:
    for command in ("pyinfra", "jetfleet"):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            yield Fault(
                f"{command}-{number.name[3:].lower()}",
                f"`{command}` gets {number.name}",
                _send(number),
                left_out=_LEFT_OUT,
                alone=True,
                command=command,
            )


def _start_another(scene: Scene) -> None:
    other = start(scene.lab, "pyinfra", [scene.host], scene.folder / "other")
    other.wait(LONGEST)


ANOTHER = Fault(
    "other-run",
    "another run of the same spec begins, and both end by themselves",
    _start_another,
    left_out=_LEFT_OUT,
    alone=True,
)

FAULTS = (*_faults(), ANOTHER)
