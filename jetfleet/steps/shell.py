"""POSIX shell text: quoting, and the few phrases that several kinds of resource share."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

STATE_DIR = "/run/jetfleet"
"""What services were started with, until the next boot."""


ENGINE_RUNS = '{ read -r engine || [ -d "/proc/${engine:-none}" ]; } < /run/docker.pid'
"""Shell condition without a process: the Docker daemon runs. Its file has no line end."""


def words(values: Iterable[str]) -> str:
    """Quoted arguments, separated by blanks."""
    return " ".join(shlex.quote(value) for value in values)
