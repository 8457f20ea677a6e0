"""A command that a sweep starts, waits for, and ends when the user wants that."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING

from jetfleet.environment import POINT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.run.interrupt import Interrupt

_TICK = 0.1
_STDERR = 2


def run(
    command: Sequence[str],
    more: Mapping[str, str],
    interrupt: Interrupt,
    *,
    ignore_first: bool = False,
) -> int:
    """Run a command to its end, and return its status; what it prints goes to standard error.

    It runs in a session of its own: a signal at the terminal reaches this process alone, which
    passes it on and waits until the command has ended in order. A second signal is passed on too.

    Parameters
    ----------
    more:
        Variables of its environment; the point of a sweep is never inherited.
    ignore_first:
        Pass on the second signal only.

    """
    environ = {name: value for name, value in os.environ.items() if name != POINT}
    process = subprocess.Popen(
        command,
        env={**environ, **more},
        stdin=subprocess.DEVNULL,
        stdout=_STDERR,
        start_new_session=True,
    )
    passed = 1 if ignore_first else 0
    while (status := _waited(process)) is None:
        came = (2 if interrupt.at_once else 1) if interrupt.number else 0
        if came > passed:
            passed = came
            process.send_signal(signal.SIGINT)
    return status


def _waited(process: subprocess.Popen[bytes]) -> int | None:
    try:
        return process.wait(_TICK)
    except subprocess.TimeoutExpired:
        return None
