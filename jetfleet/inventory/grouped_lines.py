"""pyinfra's log of a large fleet: what is the same for many hosts is one line."""

from __future__ import annotations

import logging
import re

from jetfleet.fleet.plan_rows import MOST_HOSTS

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_OF_HOST = re.compile(r"\s*\[[^\]]+\]\s+(No changes|Skipped|Connected|Ready: .+)")
_ROW = "--> Starting operation:"


class GroupedLines(logging.Filter):
    """Counts the hosts of such lines, and says the number before the next headline.

    A row of the plan that changes no host is left out: the table at the end has it.
    """

    def __init__(self) -> None:
        super().__init__()
        self._hosts: dict[str, int] = {}
        self._row: logging.LogRecord | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether a record is written now."""
        text = _COLOURS.sub("", record.getMessage()).strip()
        of_host = _OF_HOST.fullmatch(text)
        if of_host and record.levelno < logging.WARNING:
            self._hosts[of_host[1]] = self._hosts.get(of_host[1], 0) + 1
            return False
        if text.startswith("-->"):
            self._end(record)
        if text.startswith(_ROW):
            self._row = record
            return False
        if self._row is not None:
            _write(self._row)
            self._row = None
        return True

    def _end(self, like: logging.LogRecord) -> None:
        """Write what was counted, but for a row of which nothing else was written."""
        if self._row is None:
            for what, count in self._hosts.items():
                said = f"[{count} hosts] {what}"
                _write(logging.LogRecord(like.name, logging.INFO, "", 0, said, None, None))
        self._row, self._hosts = None, {}


def _write(record: logging.LogRecord) -> None:
    for handler in logging.getLogger(record.name).handlers:
        handler.handle(record)


def group_lines(hosts: int) -> None:
    """Group the lines of this process for a fleet of many hosts; once, however often called."""
    logger = logging.getLogger("pyinfra")
    if hosts > MOST_HOSTS and not any(isinstance(one, GroupedLines) for one in logger.filters):
        logger.addFilter(GroupedLines())
