"""Hold the unit tests to what the folder promises: no process, no socket, no waiting."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

_FORBIDDEN = {
    "subprocess.Popen": "starts a process",
    "os.system": "starts a process",
    "os.fork": "starts a process",
    "os.posix_spawn": "starts a process",
    "os.exec": "starts a process",
    "socket.__new__": "opens a socket",
}
SWITCH = 0.01
"""Seconds that a test of threads may sleep so that another thread runs."""

_seen: list[str] | None = None  # what the running test did; None between tests


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _seen is not None and event in _FORBIDDEN:
        _seen.append(f"{_FORBIDDEN[event]} ({event} {arguments[:2]})")


sys.addaudithook(_audit)  # for the life of the process: Python cannot remove a hook


@pytest.fixture(autouse=True)
def pure(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Fail a test that starts a process, opens a socket or sleeps."""
    global _seen  # noqa: PLW0603  # the hook is a function of the process, not of a test
    _seen = seen = []
    sleep = time.sleep

    def bounded(seconds: float) -> None:
        if seconds > SWITCH:
            seen.append(f"sleeps {seconds} s")
        sleep(seconds)

    # Python has an audit event for it only from 3.13 on.
    monkeypatch.setattr(time, "sleep", bounded)
    yield
    _seen = None
    assert not seen, f"a unit test {', '.join(seen)}: move it to a suite that may"
