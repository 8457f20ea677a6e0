"""The store of rollouts: SQLite with a write-ahead log, which a kill at any time leaves whole."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from platformdirs import user_state_path

from jetfleet.errors import FleetError
from jetfleet.rollout import events
from jetfleet.rollout.store.control import InTheWay, control
from jetfleet.rollout.store.encode import event_data, read_event, read_rollout, rollout_data
from jetfleet.rollout.store.tables import SCHEMA, TABLES, TRIGGERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    from jetfleet.rollout.events import Event
    from jetfleet.rollout.rollout import Rollout

_PATIENCE = 10_000
"""Milliseconds to wait for another process that writes."""


_LIST = (
    'select id, fleet, plan, "commit", "by", at, (select kind from event '
    "where event.rollout = rollout.id and kind in ('ended', 'halted', 'catch-up', 'retried') "
    "order by seq desc limit 1) from rollout order by at, id"
)
"""All rollouts, each with the last event that ended it or took it up again."""


def default_path() -> Path:
    """Return where the store is by default: ``~/.local/state/jetfleet``, or in XDG_STATE_HOME."""
    return user_state_path("jetfleet") / "rollouts.sqlite"


@dataclass(frozen=True)
class About:
    """Who began a rollout, when, and the text of the plan that it was begun by."""

    by: str
    at: float
    file: str = ""


@dataclass(frozen=True)
class Stored:
    """A rollout in the list of all."""

    id: str
    fleet: str
    plan: str
    commit: str
    by: str
    at: float
    over: bool


@dataclass(frozen=True)
class Blocked:
    """Why a plan must not be rolled out again without a reason."""

    rollout: str
    reason: str
    at: float


class Store:
    """All rollouts of a person or a CI job. Rows are added, never changed.

    Any number of processes may read and add; `control` is held by the one that decides.
    """

    def __init__(self, path: Path) -> None:
        """Open the store, or make it; only its owner can read it.

        Raises
        ------
        FleetError
            The file holds something else, is of a later version, or cannot be opened.

        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise FleetError(
                f"{path} cannot be opened as the store of rollouts ({error}): check the path, or "
                "move the file away to begin without a history"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def create(
        self, rollout: Rollout, about: About, again: str = "", first: Sequence[Event] = ()
    ) -> None:
        """Add a rollout with its `first` events; `again` is the reason to roll out what was halted.

        Raises
        ------
        InTheWay
            Its plan or commit is blocked, or another rollout of its fleet is not over.

        """
        with self._writing():
            blocked = self.blocked(rollout)
            if blocked and not again.strip():
                raise InTheWay(
                    f"this commit was halted by the rollout {blocked.rollout} ({blocked.reason}): "
                    "change the spec, or start it with --again and the reason"
                )
            for other in self.rollouts():
                if other.fleet == rollout.fleet and not other.over:
                    raise InTheWay(
                        f"the rollout {other.id} of this fleet, begun by {other.by}, is not over: "
                        "resume it to its end, or abort it"
                    )
            self._db.execute(
                'insert into rollout (id, fleet, plan, "commit", frozen, file, "by", at) '
                "values (?, ?, ?, ?, ?, ?, ?, ?)",
                (rollout.id, rollout.fleet, rollout.plan, rollout.commit, rollout_data(rollout),
                 about.file, about.by, about.at),
            )  # fmt: skip
            if blocked:
                self._block(rollout, again, about.by, about.at, blocked=False)
            for event in first:
                self._insert(rollout, event)

    def rollout(self, name: str) -> Rollout:
        """Return a rollout as it was frozen; raise `FleetError` for an unknown id."""
        row = self._db.execute("select frozen from rollout where id = ?", (name,)).fetchone()
        if row is None:
            known = ", ".join(one.id for one in self.rollouts()[-5:]) or "none"
            raise FleetError(
                f"there is no rollout {name} in {self.path}: the last ones are {known}"
            )
        return read_rollout(row[0])

    def rollouts(self) -> list[Stored]:
        """Return all rollouts, the oldest first."""
        rows = self._db.execute(_LIST)
        return [
            Stored(name, fleet, plan, commit, by, at, over=last == "ended")
            for name, fleet, plan, commit, by, at, last in rows
        ]

    def add(
        self, rollout: Rollout, added: Sequence[Event], seen: int | None = None
    ) -> list[tuple[int, Event]] | None:
        """Add events in one transaction, and return them with their numbers.

        Parameters
        ----------
        seen:
            The last number on which they were decided. If there is a later one, nothing is added
            and None is returned: what was added meanwhile is to be heard first.

        """
        with self._writing():
            if seen is not None and self.last(rollout.id) != seen:
                return None
            return [(self._insert(rollout, event), event) for event in added]

    def events(self, rollout: str, after: int = 0) -> list[tuple[int, Event]]:
        """Return the events of a rollout with numbers above `after`, in order."""
        rows = self._db.execute(
            "select seq, kind, at, data from event where rollout = ? and seq > ? order by seq",
            (rollout, after),
        )
        return [(seq, read_event(kind, at, data)) for seq, kind, at, data in rows]

    def last(self, rollout: str) -> int:
        """Return the number of the last event of a rollout; 0 without any."""
        row = self._db.execute(
            "select max(seq) from event where rollout = ?", (rollout,)
        ).fetchone()
        return int(row[0] or 0)

    def blocked(self, rollout: Rollout) -> Blocked | None:
        """Return why a rollout's plan or its commit is blocked; None if it may be begun.

        Each new plan has another hash, so a halted commit stays blocked in its fleet, too.
        """
        return self.blocked_commit(rollout.fleet, rollout.commit, rollout.plan)

    def blocked_commit(self, fleet: str, commit: str, plan: str = "") -> Blocked | None:
        """Return why a commit is blocked in a fleet; None if it is not, or is empty."""
        row = self._db.execute(
            "select block.blocked, block.rollout, block.reason, block.at from block "
            "join rollout on rollout.id = block.rollout where block.plan = ? "
            'or (rollout.fleet = ? and rollout."commit" = ? and rollout."commit" != \'\') '
            "order by block.seq desc limit 1",
            (plan, fleet, commit),
        ).fetchone()
        return Blocked(*row[1:]) if row and row[0] else None

    def file(self, name: str) -> str:
        """Return the text of the plan that a known rollout was begun by; empty without one."""
        row = self._db.execute("select file from rollout where id = ?", (name,)).fetchone()
        return str(row[0]) if row else ""

    def control(self, rollout: Rollout, who: str) -> AbstractContextManager[None]:
        """Return the right to decide for a rollout's fleet, as a context; see `control.control`."""
        name = hashlib.sha256(rollout.fleet.encode()).hexdigest()[:16]
        return control(self.path.with_name(f"{self.path.name}.{name}.lock"), who)

    def _prepare(self) -> None:
        version = self._db.execute("pragma user_version").fetchone()[0]
        if version > SCHEMA:
            raise FleetError(
                f"{self.path} was written by a later version of jetfleet (form {version}, this one "
                f"knows {SCHEMA}): use that version, or another file"
            )
        self._db.execute(f"pragma busy_timeout = {_PATIENCE}")
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = full")
        self._db.execute("pragma foreign_keys = on")
        if version < SCHEMA:
            self._db.executescript(
                f"begin immediate; {TABLES} {TRIGGERS} pragma user_version = {SCHEMA}; commit;"
            )

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    def _insert(self, rollout: Rollout, event: Event) -> int:
        columns = tuple(getattr(event, name, None) for name in ("host", "wave", "attempt"))
        row = self._db.execute(
            "insert into event (rollout, at, kind, host, wave, attempt, data) "
            "values (?, ?, ?, ?, ?, ?, ?)",
            (rollout.id, event.at, event.kind, *columns, event_data(event)),
        )
        if isinstance(event, events.Halted):
            self._block(rollout, event.why, event.by, event.at, blocked=True)
        if isinstance(event, events.Retried):
            self._block(rollout, event.reason, event.by, event.at, blocked=False)
        return int(row.lastrowid or 0)

    def _block(self, rollout: Rollout, reason: str, by: str, at: float, *, blocked: bool) -> None:
        self._db.execute(
            'insert into block (plan, rollout, blocked, reason, "by", at) '
            "values (?, ?, ?, ?, ?, ?)",
            (rollout.plan, rollout.id, blocked, reason, by, at),
        )
