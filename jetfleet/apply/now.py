"""What each host of a run is at right now, from the rows as they come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path


@dataclass
class Now:
    """One host: what it is at, since when, and how many of how many bytes are there."""

    host: str
    phase: str = "waiting"
    at: str = ""
    since: float = 0.0
    bytes: tuple[int, int] | None = None
    line: str = ""

    def take(self, row: dict[str, Any]) -> bool:
        """Take a row; tell whether it is worth a line in a log."""
        outcome = row["outcome"]
        self.phase = row.get("phase", self.phase)
        self.since = self.since or row["at"]
        if outcome == "started":
            self.at, self.since = row["title"], row["at"]
            self.bytes, self.line = None, ""
        elif outcome == "progress":
            self.line = row["line"]
            self.bytes = tuple(row["bytes"]) if row["bytes"] else None
        elif outcome in _ENDS:
            self.at, self.line, self.bytes = _ENDS[outcome], row.get("reason", ""), None
            if outcome in {"refused", "failed", "unreachable"}:
                self.phase = outcome
        elif outcome == "verified":
            self.at = f"{row['what']} {'verified' if row['ok'] else 'NOT verified'}"
            self.line = row["reason"]
        return outcome in _WORTH


_ENDS = {
    "surveyed": "surveyed", "changed": "done", "rebooted": "rebooted", "refused": "refused",
    "failed": "failed", "unreachable": "out of reach",
}  # fmt: skip
_WORTH = {"surveyed", "started", "rebooted", "refused", "unreachable", "verified"}


class Tail:
    """Reads the rows of a folder as they are written."""

    def __init__(self, folder: Path, hosts: Sequence[str]) -> None:
        self.hosts = {name: Now(name) for name in hosts}
        self._folder = folder
        self._read = dict.fromkeys(hosts, 0)

    def skip(self) -> None:
        """Pass over what is there already: it is of an earlier phase."""
        for _ in self.new():
            pass
        self.hosts = {name: Now(name) for name in self.hosts}

    def new(self) -> Iterator[tuple[Now, dict[str, Any], bool]]:
        """Yield each row that has come since, with its host, and whether it is worth a line."""
        for name, now in self.hosts.items():
            for row in self._rows(name):
                yield now, row, now.take(row)

    def _rows(self, name: str) -> list[dict[str, Any]]:
        path = self._folder / f"{name}.jsonl"
        if not path.exists():
            return []
        with path.open("rb") as file:
            file.seek(self._read[name])
            whole, newline, _ = file.read().rpartition(b"\n")
        self._read[name] += len(whole) + len(newline)
        return [json.loads(line) for line in whole.splitlines()]
