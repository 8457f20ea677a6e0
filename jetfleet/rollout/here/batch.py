"""The hosts of one task, each at its own pace, in as few runs of pyinfra as that allows."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from jetfleet.rollout.here.ask import Answer, Ask, Ended
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.rollout.here.ask import Steps
    from jetfleet.rollout.here.live_run import LiveRun

GATHER = 0.5
"""Seconds that a host waits for others that ask for the same: each run costs a start of pyinfra."""

LAST_WORDS = 60.0
"""Seconds that a host that was let go has to end what runs on it: its lease is not renewed."""

TURN = 0.1


class Runs(Protocol):
    """Starts runs of pyinfra."""

    def start(self, ask: Ask, hosts: Sequence[str], asks: Mapping[str, Ask]) -> LiveRun:
        """Start a run for hosts that ask for the same; raise `FleetError` or OSError if not."""


class Reports(Protocol):
    """Takes what becomes of the hosts."""

    def heard(self, host: str) -> None:
        """Note a sign of life."""

    def ended(self, host: str, ended: Ended) -> None:
        """Note how a host has ended."""

    def turn(self) -> None:
        """Write down what is due; called some times a second."""

    def is_let_go(self, host: str) -> bool:
        """Tell whether a host is waited for no longer."""

    def has_begun(self, host: str) -> bool:
        """Tell whether a change has begun on a host."""

    def failed(self, host: str, reason: str) -> Ended:
        """Return how a host has ended whose work could not go on."""


@dataclass
class Batch:
    """Carries the work of hosts on until each has ended.

    No host waits for another: as soon as it has come to its end in a run, its next step begins in
    another one. What goes wrong with one is its own end alone.

    Parameters
    ----------
    within:
        Seconds after which hosts that have not ended are waited for no longer.

    """

    runs: Runs
    reports: Reports
    works: dict[str, Steps]
    within: float = math.inf
    _asks: dict[str, tuple[Ask, float]] = field(default_factory=dict)
    _live: list[LiveRun] = field(default_factory=list)

    def run(self) -> None:
        """Return once each host has ended."""
        try:
            for name in list(self.works):
                self._go_on(name, None)
            end = time.monotonic() + self.within
            while self.works:
                self._turn()
                if time.monotonic() > end:
                    for name in list(self.works):
                        self._fail(name, TimeoutError(f"no answer in {self.within:.0f} s"))
                self.reports.turn()
                time.sleep(TURN)
        finally:
            for run in self._live:
                run.end()
            for run in self._live:
                run.close()

    def _turn(self) -> None:
        for run in list(self._live):
            for name, answer in run.answers(self.reports.heard):
                self._go_on(name, answer)
            if run.ended:
                self._live.remove(run)
            elif run.hosts and all(map(self.reports.is_let_go, run.hosts)):
                run.end(after=LAST_WORDS)
        self._start()

    def _go_on(self, name: str, answer: Answer | None) -> None:
        """Let a host take its answer; note what it asks for next, or how it has ended."""
        try:
            work = self.works[name]
            ask = work.send(answer) if answer else next(work)
        except StopIteration as end:
            self._end(name, end.value)
        except Exception as error:  # noqa: BLE001 - the others go on, and this host has a reason
            self._fail(name, error)
        else:
            if self.reports.is_let_go(name) and not self._may_end(name, ask):
                self._end(name, self._let_go(name))
            else:
                self._asks[name] = (ask, time.monotonic())

    def _may_end(self, name: str, ask: Ask) -> bool:
        """Tell whether what a host that was let go asks for still says what is on it."""
        return self.reports.has_begun(name) and ask.phase != "apply"

    def _let_go(self, name: str) -> Ended:
        if self.reports.has_begun(name):
            return self.reports.failed(name, "it was let go while it was changed")
        return Ended("not-attempted", "it was let go before it was begun")

    def _start(self) -> None:
        """Start a run for each group of hosts that ask for the same, once it has gathered."""
        groups: dict[tuple[object, ...], list[str]] = {}
        for name, (ask, _) in self._asks.items():
            alone = name if ask.alone else ""
            groups.setdefault((ask.phase, ask.target, alone), []).append(name)
        for names in groups.values():
            waited = time.monotonic() - min(self._asks[name][1] for name in names)
            if waited >= GATHER or not self._live:
                self._start_one({name: self._asks.pop(name)[0] for name in names})

    def _start_one(self, asks: dict[str, Ask]) -> None:
        first = next(iter(asks.values()))
        try:
            self._live.append(self.runs.start(first, list(asks), asks))
        except Exception as error:  # noqa: BLE001 - a full disk here must not leave hosts unsaid
            for name in asks:
                self._fail(name, error)

    def _fail(self, name: str, error: Exception) -> None:
        reason = printable(" ".join(f"{error}".split())) or type(error).__name__
        self._end(name, self.reports.failed(name, reason))

    def _end(self, name: str, ended: Ended) -> None:
        self.works.pop(name).close()
        self.reports.ended(name, ended)
