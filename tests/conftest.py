"""Options of the whole suite."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

_TESTS = Path(__file__).parent
LONGEST = frozenset(
    {
        _TESTS / "faults/matrix/test_sample.py",
        _TESTS / "faults/test_hang.py",
        _TESTS / "twins/test_network.py",
        _TESTS / "twins/test_rollout.py",
        _TESTS / "twins/test_switch.py",
    }
)
"""Files that need minutes: a worker that begins one at the end would run alone for as long."""


def pytest_configure() -> None:
    """Let what a test starts end with its terminal, also where `nohup` started the tests.

    A signal that is ignored stays so in the programs that a process executes; one that has a
    handler gets its default action there.
    """
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: None)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rewrite-snapshots", action="store_true", help="write what is rendered now")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first, and leave tests marked `campaign` to `make campaign`.

    pytest prints how many it left out.
    """
    items.sort(key=lambda item: item.path not in LONGEST)
    if os.environ.get("JETFLEET_CAMPAIGN") == "1":
        return
    left = [item for item in items if item.get_closest_marker("campaign")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
