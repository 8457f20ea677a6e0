"""What a run says of itself in the audit log of a board, and the head that the board answers."""

from __future__ import annotations

import hashlib
import os
import time
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from pyinfra import logger

from jetfleet.audit.heads import Head, file_of, note_head
from jetfleet.converge.connection import host_key
from jetfleet.environment import PLAN, RUN_FOLDER
from jetfleet.events.event import Audited
from jetfleet.events.write import log_event
from jetfleet.inventory import current
from jetfleet.resources.base.rollout import OPTIONS, rollout_of
from jetfleet.steps.audit import Entry
from jetfleet.workstation.who import who

if TYPE_CHECKING:
    from pyinfra.api.host import Host

    from jetfleet.steps import Result


def entry_of(host: Host, token: int, title: str, over: str) -> Entry:
    """Return the line for a script of this run that changes a board now."""
    rollout = rollout_of(*map(host.data.get, OPTIONS))
    back = "it is taken back from the rollout" if rollout.back else ""
    return Entry(
        at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        who=who(),
        run=run_name(),
        token=token,
        did=title,
        commit=current().known_commit,
        plan=_plan(),
        rollout=rollout.id,
        attempt=rollout.attempt,
        over=over,
        reason=str(host.data.get("reason") or host.data.get("again") or back),
    )


def run_name() -> str:
    """Return the name of the run folder; empty for a run of pyinfra alone."""
    return Path(os.environ.get(RUN_FOLDER, "")).name


@cache
def _plan() -> str:
    path = os.environ.get(PLAN)
    return hashlib.sha256(Path(path).read_bytes()).hexdigest() if path else ""


class AuditHead:
    """The head of a board's log in this run."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self._key = ""
        self._head: Head | None = None
        self._warned = False

    def take(self, result: Result) -> None:
        """Take what an answer says of the log."""
        self._key = self._key or host_key(self._host)
        self._head = Head.said(result.audit) or self._head
        if result.audit == "lost" and not self._warned:
            self._warned = True
            self._warn("a line of its audit log could not be written: make room on its disk")

    def note(self, token: int) -> None:
        """Keep the head on this workstation and in the run folder, where it is a new one.

        `token` is that of the lease that the run has, or had.
        """
        head, self._head = self._head, None
        if head is None:
            return
        name = self._host.name
        log_event(Audited(host=name, seq=head.seq, head=head.head, token=token))
        with suppress(OSError):
            wrong = note_head(file_of(name, self._key), name, head)
            if wrong:
                self._warn(wrong)

    def _warn(self, text: str) -> None:
        logger.warning(f"{self._host.print_prefix}{text}")
