"""Wait for a service to become ready: the script that polls its unit, and what a poll means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.redaction import redact
from jetfleet.steps import Progress
from jetfleet.steps.program import run_shell
from jetfleet.text import read_count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TAIL = 8
"""How many lines of its log are shown of a service that failed."""

BUSY_USEC = 1_000_000
"""CPU time between two polls, at most ten seconds apart, from which on it counts as progress."""

MEANING = {
    "137": " (killed, as a rule for lack of memory: less context, fewer sequences or a smaller "
    "share of memory)",
    "125": " (docker itself refused the command)",
    "2": " (the program refused its options)",
}


def without_guess(failed: str) -> str:
    """Return a failure without what its exit status usually means: the real cause is known."""
    for guess in MEANING.values():
        failed = failed.replace(guess, "")
    return failed


def poll_script(name: str, unit: str, patience: float) -> str:
    """Return a script that waits up to ten seconds, then prints the unit's state, work and log.

    A poll takes less than half of `patience` (in seconds), so that no wait ends before a second
    poll.
    """
    rounds = max(1, min(50, int(patience * 2)))
    return run_shell("poll.sh", name, unit, str(rounds))


class Readiness:
    """Interprets the polls of one start, one after another.

    Parameters
    ----------
    restarts:
        How often systemd had restarted the unit when it was started.

    """

    def __init__(self, name: str, unit: str, restarts: int) -> None:
        self._name, self._unit, self._restarts = name, unit, restarts
        self._cpu = 0
        self._busy = 0
        self._stopping = 0

    def progress(self, out: str) -> Progress:
        """Return what the output of a poll means."""
        head, _, log = out.partition("-- log\n")
        fields = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
        # Until its job is done the unit may still show its state from before: active, or failed.
        settled = fields.get("Job", "") in {"", "0"}
        if settled and fields.get("ActiveState") == "active":
            return Progress(done=True)
        lines = _own_lines(log, self._unit)
        if self._has_ended(fields, settled=settled):
            tail = "".join(f"\n    {line}" for line in lines[-TAIL:]) or " none"
            why = _why(head, fields)
            return Progress(failed=f"{self._name} does not come up: {why}; its last lines:{tail}")
        if fields.get("ActiveState") == "deactivating":
            # systemd kills a program that ignores SIGTERM; the new one waits for that.
            self._stopping += 1
            return Progress(
                token=f"stopping {self._stopping}", line=f"{self._name} is still stopping"
            )
        return self._work(fields, lines)

    def _has_ended(self, fields: Mapping[str, str], *, settled: bool) -> bool:
        down = fields.get("ActiveState") in {"failed", "inactive"}
        down = down or fields.get("SubState", "").startswith("auto-restart")
        return read_count(fields.get("NRestarts", "0")) > self._restarts or (settled and down)

    def _work(self, fields: Mapping[str, str], lines: Sequence[str]) -> Progress:
        """Return a token that changes while the server works, and its last line."""
        cpu, _, moved = fields.get("work", "").partition(" ")
        # CPU time above BUSY_USEC is compiling or loading; answering a health check takes less.
        self._busy += read_count(cpu or "0") - self._cpu >= BUSY_USEC
        self._cpu = read_count(cpu or "0")
        last = next((line for line in reversed(lines) if not _ASKED.search(line)), "")
        answer = fields.get("answer", "")
        beside = f" ({answer})" if answer.startswith(_NOT_YET) and answer != last else ""
        return Progress(
            token=f"{self._busy} {moved} {_TIME.sub('', last)}",
            line=f"{redact(last)[:100]}{beside}",
        )


def _own_lines(log: str, unit: str) -> list[str]:
    """Return what the server and our checks wrote since its last start; not what systemd says.

    systemd 249 of JetPack 6 names a unit by its description, later ones by its name too.
    """
    own: list[str] = []
    for line in log.splitlines():
        of_systemd = line.startswith(f"{unit}: ") or (
            line.startswith(_SYSTEMD) and (unit in line or "(jetfleet)" in line)
        )
        if of_systemd and line.startswith("Starting "):
            own.clear()
        elif line.strip() and not of_systemd:
            own.append(line)
    return own


_SYSTEMD = ("Starting ", "Started ", "Stopping ", "Stopped ", "Failed to start ")

# Many servers log each health check, with a time or a port: that is no progress.
_ASKED = re.compile(r"\bGET\b.*/")

# The same line with another time is no progress either.
_TIME = re.compile(r"\d+[-/](\d+|[A-Z][a-z]{2})[-/]\d+|\d+:\d+:\d+([.,]\d+)?")

_NOT_YET = "not ready yet: "

_ENDED = "the server ended before it was ready"

_CHECK = re.compile(r"ignore_errors=no ;[^}]* code=exited ; status=[1-9]")


def _why(head: str, fields: Mapping[str, str]) -> str:
    """Return why the start failed: what a check says, or the exit status of the server."""
    checks = [line for line in head.splitlines() if line.startswith("ExecStartP")]
    said = fields.get("said", "")
    if said and said != _ENDED and any(_CHECK.search(line) for line in checks):
        return said
    status = fields.get("ExecMainStatus", "?")
    return f"it ended with exit status {status}{MEANING.get(status, '')}"
