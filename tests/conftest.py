"""Options of the whole suite."""

from __future__ import annotations

import os
import signal

import pytest


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
    """Leave tests marked `campaign` to `make campaign`; pytest prints how many it left out."""
    if os.environ.get("JETFLEET_CAMPAIGN") == "1":
        return
    left = [item for item in items if item.get_closest_marker("campaign")]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in left]
