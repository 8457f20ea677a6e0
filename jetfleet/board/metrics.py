"""Metrics of a model server, in Prometheus' text form.

https://prometheus.io/docs/instrumenting/exposition_formats/
"""

from __future__ import annotations

import http.client
import math
import re
from typing import Sequence

from jetfleet.board.load_client import LINE, Failed, Server

_SECONDS = 30


def metrics(server: Server) -> str:
    """Return the page of a server; empty if it does not give one."""
    try:
        with server.open("/metrics", None, _SECONDS) as answer:
            found: bytes = answer.read(LINE)
    except (Failed, OSError, http.client.HTTPException):
        return ""
    return found.decode(errors="replace")


def value_of(name: str, page: str) -> float | None:
    """Return the sum of all series of a metric; None if it has none, or one is no number."""
    found = re.findall(rf"^{re.escape(name)}(?:\{{.*\}})? ([0-9.e+]+)", page, re.MULTILINE)
    try:
        total = sum(float(value) for value in found)
    except ValueError:
        return None
    return total if found and math.isfinite(total) else None


def first_of(names: Sequence[str], page: str) -> float | None:
    """Return the value of the first metric that the page has; None without any."""
    found = (value_of(name, page) for name in names)
    return next((value for value in found if value is not None), None)
