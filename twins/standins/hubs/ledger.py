"""The log of requests, in JSON lines, and counts of the bytes sent."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from twins.standins.hubs.exchange import Request


class Ledger:
    """Counts body bytes by `host/path`, and appends a line for each request to `log`."""

    def __init__(self, log: Path) -> None:
        self._log = log.open("a", encoding="utf-8")
        self._bytes: Counter[str] = Counter()
        self._lock = threading.Lock()

    def note(self, request: Request, place: str, client: str, status: int, sent: int) -> None:
        """Log one request, without keys, tokens and signatures."""
        line: dict[str, Any] = {
            "time": round(time.time(), 3),
            "client": client,
            "method": request.method,
            "host": request.host,
            "place": place,
            "query": {k: v for k, v in request.query.items() if k != "Signature"},
            "range": request.headers.get("range"),
            "authorization": request.headers.get("authorization", "").partition(" ")[0] or None,
            "user_agent": request.headers.get("user-agent"),
            "status": status,
            "sent": sent,
        }
        with self._lock:
            self._bytes[place] += sent
            self._log.write(json.dumps(line) + "\n")
            self._log.flush()

    def bytes(self) -> dict[str, int]:
        """Return the bytes sent since the start or the last `forget`, by `host/path`."""
        with self._lock:
            return dict(self._bytes)

    def forget(self) -> None:
        """Count from zero again; the log stays."""
        with self._lock:
            self._bytes.clear()
