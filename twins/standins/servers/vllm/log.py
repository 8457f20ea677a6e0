"""Log lines in vLLM's form: level, time, the file that speaks, the sentence."""

from __future__ import annotations

import time

from twins.standins.servers.kit.life import plain

__all__ = ["error", "info", "plain"]


def info(source: str, text: str) -> None:
    """Write one INFO line to standard output, at once."""
    _line("INFO", source, text)


def error(source: str, text: str) -> None:
    """Write an ERROR line for each line of the text, at once."""
    for line in text.splitlines():
        _line("ERROR", source, line)


def _line(level: str, source: str, text: str) -> None:
    at = time.strftime("%m-%d %H:%M:%S")
    print(f"{level} {at} [{source}] {text}", flush=True)  # noqa: T201 - a log is what this is
