"""The state of a rollout: what `fold` has made of its events, and `decide` reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetfleet.rollout.events import GateRead, Judged, Purpose, Sent
    from jetfleet.rollout.rollout import Rollout, Wave


@dataclass
class HostState:
    """How one host stands.

    Parameters
    ----------
    task, purpose:
        What is in flight for it, if anything.
    sent_at, begun_at, heard_at:
        Of the task in flight; 0: not yet.
    outcome:
        Of its last apply; empty while that has none.
    done_at:
        When it got its outcome.
    applied_by:
        The task of its last apply: news of an older one count no more.
    busy_since:
        Since when its lease has been in the way; 0: it is not.
    retry_at:
        Nothing is sent to it before that.
    held_until:
        It counts as in work until then: nobody waits for it, but its lease may still hold.
    uncertain:
        Whether only a survey can say what is on the board.
    half:
        Whether its last attempt failed or was cut off in the middle of its change, and the next one
        is to finish that.
    cut_off:
        How many attempts in a row were cut off.
    undo:
        How its way back ended: undone, no-way-back, not-back; empty: not yet.
    unread:
        Whether what is on it is not known, because the store of the rollout was lost.
    taken_back:
        Whether it says that it was taken back before that.

    """

    task: str = ""
    purpose: Purpose | None = None
    sent_at: float = 0
    begun_at: float = 0
    heard_at: float = 0
    outcome: str = ""
    detail: str = ""
    done_at: float = 0
    attempt: int = 0
    applied_by: str = ""
    busy_since: float = 0
    retry_at: float = 0
    held_until: float = 0
    uncertain: bool = False
    half: bool = False
    cut_off: int = 0
    unknown_since: float = 0
    undo: str = ""
    undo_tries: int = 0
    staged: str = ""
    unread: bool = False
    taken_back: bool = False


@dataclass
class ProbeState:
    """The reading of a wave's gates."""

    task: str
    sent_at: float
    read: dict[str, GateRead] = field(default_factory=dict)


@dataclass
class State:
    """Where a rollout stands after the events so far; `fold` alone changes it.

    Parameters
    ----------
    active_since:
        Since when the wave in work has time: its begin, the last resume, the last controller.
    retry_canary:
        Hosts of a repeated wave that go first, one of each class.
    rebuilt_at, task_prefix:
        Since when it is rebuilt from its boards, and how the numbers of its tasks begin since then.

    """

    waves: list[Wave]
    hosts: dict[str, HostState]
    opened_at: float = 0
    active_since: float = 0
    began_at: float = 0
    tasks: dict[str, Sent] = field(default_factory=dict)
    verdicts: dict[int, Judged] = field(default_factory=dict)
    probes: dict[int, ProbeState] = field(default_factory=dict)
    sites_seen: dict[str, float] = field(default_factory=dict)
    paused: str = ""
    aborted: str = ""
    halted: str = ""
    halted_at: float = 0
    undo_scope: tuple[str, ...] = ()
    retry_canary: tuple[str, ...] = ()
    ended: str = ""
    ended_why: str = ""
    ended_at: float = 0
    rebuilt_at: float = 0
    task_prefix: str = ""
    last_event_at: float = 0

    @property
    def active(self) -> int | None:
        """The number of the first wave that has not passed; None once all have."""
        for number in range(len(self.waves)):
            judged = self.verdicts.get(number)
            if judged is None or judged.verdict != "pass":
                return number
        return None

    @property
    def unread(self) -> list[str]:
        """The hosts of which nobody has said yet what is on them, after the store was lost."""
        return [name for name, host in self.hosts.items() if host.unread]

    def since(self, at: float) -> float:
        """Return from when on silence since `at` counts: a controller that slept heard nothing."""
        return max(at, self.opened_at)


def begin(rollout: Rollout) -> State:
    """Return the state of a rollout of which nothing has happened."""
    return State(list(rollout.waves), {name: HostState() for name in rollout.hosts})
