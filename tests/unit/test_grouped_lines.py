"""pyinfra's log of a large fleet: many equal lines are one, and nothing else is lost."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from jetfleet.inventory.grouped_lines import GroupedLines

ROW = "--> Starting operation: serving | Serve chat "


@pytest.fixture
def written() -> Iterator[tuple[logging.Logger, list[str]]]:
    """A logger with the filter, and what its handler got."""
    got: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            got.append(record.getMessage().strip())

    logger = logging.getLogger("grouped lines of a test")
    logger.setLevel(logging.INFO)
    logger.propagate = False
    logger.filters, logger.handlers = [GroupedLines()], [Keep()]
    yield logger, got
    logger.filters, logger.handlers = [], []


def log(logger: logging.Logger, *lines: str) -> None:
    for line in lines:
        logger.info(line)


def test_hosts_are_counted(written: tuple[logging.Logger, list[str]]) -> None:
    logger, got = written
    log(logger, "--> Connecting to hosts...", *(f"[h{n}] Connected" for n in range(30)))
    log(logger, "--> Preparing operation files...")
    assert got == [
        "--> Connecting to hosts...", "[30 hosts] Connected", "--> Preparing operation files..."
    ]  # fmt: skip


def test_a_row_that_changes_nothing_is_left_out(
    written: tuple[logging.Logger, list[str]],
) -> None:
    logger, got = written
    log(logger, ROW, "[a] \x1b[36mNo changes\x1b[0m", "[b] No changes", "[c] Skipped")
    log(logger, "--> Results:")
    assert got == ["--> Results:"]


def test_a_row_that_says_anything_is_shown(written: tuple[logging.Logger, list[str]]) -> None:
    logger, got = written
    log(logger, ROW, "[a] No changes", "[b] chat is started", "[c] No changes", "[b] Success")
    logger.error("[d] chat did not become ready")
    log(logger, "--> Results:")
    assert got == [
        ROW.strip(), "[b] chat is started", "[b] Success", "[d] chat did not become ready",
        "[2 hosts] No changes", "--> Results:",
    ]  # fmt: skip


def test_an_error_is_never_counted(written: tuple[logging.Logger, list[str]]) -> None:
    logger, got = written
    logger.error("[a] No changes")
    assert got == ["[a] No changes"]
