"""The effects of a rollout: it records what is decided, then has the boards do it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol

from jetfleet.rollout import events
from jetfleet.rollout.actions import Mark, Send
from jetfleet.rollout.boards import Task
from jetfleet.rollout.bounded import bounded
from jetfleet.rollout.controls import controls_of
from jetfleet.rollout.decide import decide
from jetfleet.rollout.exit_code import RolloutExit, exit_of
from jetfleet.rollout.fold import fold
from jetfleet.rollout.waits import waits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jetfleet.rollout.actions import Action
    from jetfleet.rollout.boards import Boards
    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import State
    from jetfleet.rollout.store import Store
    from jetfleet.rollout.waits import Kind

TURN = 1.0
"""Seconds until deadlines, and words of people, are looked at again where no news comes in."""


ASLEEP = 60.0
"""Seconds that no turn takes: the computer slept, or its clock was set."""


class Clock(Protocol):
    """The time, so that a test can turn it."""

    def now(self) -> float:
        """Return the seconds since 1970."""


class WallClock:
    """The clock of this computer."""

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time()


@dataclass
class Controller:
    """Drives one rollout to where it ends, or waits for what it does not stay for.

    It may die at any time: another one takes the rollout up from the store, on any machine that
    has it. What was sent is sent again under the same task id, which begins nothing twice.

    Parameters
    ----------
    who:
        User, computer and process, for those whose way it is in.
    leave_at:
        What it does not stay for, once no host is in work: a person always; for a CI job, which
        must not hold its group meanwhile, a window and a soak too.
    turned:
        Is called at each turn; it may read the state, and drain or leave.

    """

    store: Store
    rollout: Rollout
    boards: Boards
    who: str
    clock: Clock = field(default_factory=WallClock)
    leave_at: frozenset[Kind] = frozenset({"person"})
    turned: Callable[[Controller], None] = lambda _: None

    def __post_init__(self) -> None:
        """Fold what has happened so far."""
        self.draining = False
        self.left = False
        self._seen = 0
        self._turned = 0.0
        self.state: State = fold(self.rollout, ())
        self._hear()

    def drain(self) -> None:
        """Begin nothing new, and leave once no host is in work; safe within a signal handler."""
        self.draining = True

    def leave(self) -> None:
        """Leave at the next turn; what is in work goes on, and is found by the next controller."""
        self.left = True

    def run(self) -> RolloutExit:
        """Return how the rollout stands when it has ended, or is left.

        Raises
        ------
        InTheWay
            Another controller drives a rollout of this fleet.

        """
        with self.store.control(self.rollout, self.who):
            self._hear()
            self._turned = self.clock.now()
            self._record([events.Opened(self._turned, self.who)])
            self._find_again()
            while not self.left:
                self._wake()
                self.turned(self)
                if self._act():
                    continue
                if self._is_over():
                    break
                now = self.clock.now()
                news = self.boards.news(TURN)
                self._record([bounded(replace(one, at=max(now, self.clock.now()))) for one in news])
                self._hear()
            self.turned(self)
        return exit_of(self.state)

    def _wake(self) -> None:
        """Count no silence for what was not listened to: a computer that slept heard nothing."""
        now = self.clock.now()
        if abs(now - self._turned) > ASLEEP:
            self._record([events.Opened(now, self.who)])
        self._turned = now

    def _act(self) -> bool:
        """Record what is decided, and do it; return whether there was anything."""
        now = self.clock.now()
        actions = [one for one in decide(self.state, self.rollout, now) if self._wanted(one)]
        if not actions:
            return False
        made = [action.event(now) for action in actions]
        added = self.store.add(self.rollout, made, seen=self._seen)
        if added is None:
            self._hear()  # a person has said something since: decide again
            return True
        self._fold(added)
        for action in actions:
            self._do(action)
        return True

    def _wanted(self, action: Action) -> bool:
        return not (self.draining and isinstance(action, Send))

    def _do(self, action: Action) -> None:
        if isinstance(action, Send):
            self.boards.send(self._task(self.state.tasks[action.task], action.hosts))
        elif isinstance(action, Mark) and action.task:
            self.boards.cancel(action.task, (action.host,))

    def _find_again(self) -> None:
        """Send again what was in flight when the last controller went away."""
        flying: dict[str, list[str]] = {}
        for name, host in self.state.hosts.items():
            if host.task:
                flying.setdefault(host.task, []).append(name)
        number = self.state.active
        probe = self.state.probes.get(number) if number is not None else None
        if probe is not None and number not in self.state.verdicts:
            flying[probe.task] = list(self.state.tasks[probe.task].hosts)
        for task, hosts in flying.items():
            self.boards.send(self._task(self.state.tasks[task], tuple(hosts)))

    def _task(self, sent: events.Sent, hosts: tuple[str, ...]) -> Task:
        judged = sent.purpose in {"apply", "probe"}
        gates = self.state.waves[sent.wave].gates if judged else ()
        beside = controls_of(self.state, self.rollout, sent.wave, hosts) if judged else ()
        classes = {name: self.rollout.hosts[name].of_class for name in (*hosts, *beside)}
        return Task(
            sent.task, sent.purpose, self.rollout.id, self.rollout.plan, self.rollout.commit,
            sent.site, hosts, sent.wave, sent.attempt, sent.rate, gates, beside, classes,
        )  # fmt: skip

    def _is_over(self) -> bool:
        """Tell whether there is nothing left to stay for."""
        if self.state.ended:
            return True
        named = {wait.kind for wait in waits(self.state, self.rollout, self.clock.now())}
        if "hosts" in named or "gates" in named:
            return False
        return self.draining or bool(named & self.leave_at)

    def _hear(self) -> None:
        """Fold what others have added: the words of people."""
        self._fold(self.store.events(self.rollout.id, self._seen))

    def _record(self, made: list[events.Event]) -> None:
        if not made:
            return
        self._hear()
        added = self.store.add(self.rollout, made, seen=self._seen)
        if added is None:
            self._record(made)
        else:
            self._fold(added)

    def _fold(self, added: Iterable[tuple[int, events.Event]]) -> None:
        for number, event in added:
            fold(self.rollout, [event], self.state)
            self._seen = number
