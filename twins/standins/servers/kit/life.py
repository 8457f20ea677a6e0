"""Start and end of a program, and what tests can set: faults, and the time of a load."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FAULTS = (
    "crash-at-start",
    "crash-at-load",
    "never-ready",
    "generation-fails",
    "generation-crashes",
    "killed-at-load",
    "rubbish",
    "slow",
)
_LOAD_SECONDS = Path("/etc/twin-load-seconds")
_USUAL_SECONDS = 1.0
_KILLED = 137
_SLOWER = 1.25


@dataclass(frozen=True)
class Circumstances:
    """Seconds that a load takes, the fault to show (of `FAULTS`), and the path of `/`.

    A token of a stream takes `token_seconds`; the fault `slow` makes 20 % fewer of them a second.
    """

    load_seconds: float
    fault: str = ""
    root: Path = Path("/")
    token_seconds: float = 0.0

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Circumstances:
        """Read JETFLEET_STANDIN_LOAD_SECONDS, _TOKEN_SECONDS, _FAULT and _ROOT.

        A board may say the seconds of a load.
        """
        written = _LOAD_SECONDS.read_text() if _LOAD_SECONDS.is_file() else ""
        asked = environment.get("JETFLEET_STANDIN_LOAD_SECONDS") or written
        fault = environment.get("JETFLEET_STANDIN_FAULT", "")
        root = Path(environment.get("JETFLEET_STANDIN_ROOT") or "/")
        token = float(environment.get("JETFLEET_STANDIN_TOKEN_SECONDS") or 0.0)
        token *= _SLOWER if fault == "slow" else 1.0
        return cls(float(asked or _USUAL_SECONDS), fault, root, token)

    def begin(self) -> None:
        """End the process with 1 for `crash-at-start`, as a server does that finds no driver."""
        if self.fault == "crash-at-start":
            plain("CUDA driver initialization failed, you might not have a CUDA gpu.")
            raise SystemExit(1)

    def load(self, say: Callable[[str], None]) -> None:
        """Wait as long as a load takes, print a line each second, and show the fault.

        Raises `RuntimeError` for `crash-at-load`; `killed-at-load` ends the process with 137, as
        the kernel does when memory runs out.
        """
        take(self.load_seconds, say)
        if self.fault == "killed-at-load":
            # Process 1 of a container cannot kill itself; outside it looks the same.
            os._exit(_KILLED)
        if self.fault == "crash-at-load":
            raise RuntimeError(
                "NVML_SUCCESS == r INTERNAL ASSERT FAILED at CUDACachingAllocator.cpp:1090, please "
                "report a bug to PyTorch."
            )
        while self.fault == "never-ready":
            time.sleep(60)


def take(seconds: float, say: Callable[[str], None]) -> None:
    """Wait; print the count if it is more than one second."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        time.sleep(min(1.0, left))
        if left > 1:
            say(f"{left - 1:.0f} s left")


def end_on_signals(status: int = 0, last: str = "") -> None:
    """End with a status at SIGTERM and SIGINT, which process 1 ignores by default."""

    def leave(_number: int, _frame: object) -> NoReturn:
        if last:
            plain(last)
        # Not sys.exit: threads that still answer a request would keep the process alive.
        os._exit(status)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leave)


def plain(text: str) -> None:
    """Write a line to the error stream, at once."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - a log is what this is
