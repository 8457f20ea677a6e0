"""Which hosts are sent now: to be changed, surveyed, staged, probed or taken back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.rollout.actions import Send
from jetfleet.rollout.budget import BATCH, batches, rate_at, room
from jetfleet.rollout.outcomes import MEANING
from jetfleet.rollout.timers import site_gone
from jetfleet.rollout.verdict import to_probe
from jetfleet.rollout.windows import open_at

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jetfleet.rollout.events import Purpose
    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import HostState, State


_FETCHES = frozenset({"apply", "stage", "undo"})
"""Purposes of tasks that may fetch."""


@dataclass
class Sender:
    """Collects what is sent in one decision, and gives each task its id."""

    state: State
    rollout: Rollout
    now: float
    sends: list[Send] = field(default_factory=list)
    open: dict[str, bool] = field(default_factory=dict)

    def send(
        self, purpose: Purpose, site: str, hosts: tuple[str, ...], wave: int, attempt: int
    ) -> None:
        """Add a task; its id is rollout, running number with purpose, and attempt."""
        number = len(self.state.tasks) + len(self.sends)
        task = f"{self.rollout.id}/{self.state.task_prefix}{number}-{purpose}/{attempt}"
        rate = rate_at(self.rollout, site) if purpose in _FETCHES else None
        self.sends.append(Send(task, purpose, site, hosts, wave, attempt, rate))

    def apply(self, number: int) -> None:
        """Send the waiting hosts of a wave that fit, where a window is open."""
        ready = [
            name
            for name in self._first(number)
            if self._may_begin(self.state.hosts[name]) and self._site_open(name)
        ]
        free = room(self.state, self.rollout, self.now)
        for site, hosts in batches(self.state, self.rollout, ready, free):
            self.send("apply", site, hosts, number, self.state.hosts[hosts[0]].attempt + 1)

    def stage(self, number: int) -> None:
        """Send the bytes of a wave ahead; as many hosts of a site at once as may be changed."""
        if not self.rollout.stage or number >= len(self.state.waves):
            return
        busy: dict[str, int] = {}
        for name, host in self.state.hosts.items():
            site = self.rollout.hosts[name].site
            busy[site] = busy.get(site, 0) + (host.purpose == "stage")
        chosen: dict[str, list[str]] = {}
        for name in self.state.waves[number].hosts:
            host, site = self.state.hosts[name], self.rollout.hosts[name].site
            if host.staged or host.task or host.outcome or not self._site_open(name):
                continue
            if busy[site] < self.rollout.sites[site].at_once:
                busy[site] += 1
                chosen.setdefault(site, []).append(name)
        for site, hosts in chosen.items():
            self._in_batches("stage", site, hosts, number)

    def survey(self, names: Iterable[str]) -> None:
        """Ask hosts what is on them, once no earlier task can change that any more."""
        chosen: dict[str, list[str]] = {}
        for name in names:
            host, site = self.state.hosts[name], self.rollout.hosts[name].site
            gone = site_gone(self.state, self.rollout, site, self.now)
            # What an earlier store knew of is at work on it at most until it says that it is free.
            until = host.retry_at if host.unread else max(host.held_until, host.retry_at)
            if not host.task and self.now >= until and not gone:
                chosen.setdefault(site, []).append(name)
        for site, hosts in chosen.items():
            self._in_batches("survey", site, hosts, -1)

    def undo(self, names: Iterable[str]) -> None:
        """Send hosts the way back, within the same limits; windows do not hold it up."""
        ready = [name for name in names if self._may_begin(self.state.hosts[name])]
        free = room(self.state, self.rollout, self.now)
        for site, hosts in batches(self.state, self.rollout, ready, free):
            self.send("undo", site, hosts, -1, self.state.hosts[hosts[0]].attempt)

    def probe(self, number: int) -> None:
        """Read the gates of a wave."""
        hosts = to_probe(self.state, self.state.waves[number])
        self.send("probe", "", hosts, number, 1)

    def _in_batches(self, purpose: Purpose, site: str, hosts: list[str], wave: int) -> None:
        for first in range(0, len(hosts), BATCH):
            some = tuple(hosts[first : first + BATCH])
            self.send(purpose, site, some, wave, self.state.hosts[some[0]].attempt)

    def _may_begin(self, host: HostState) -> bool:
        return not host.task and self.now >= max(host.held_until, host.retry_at)

    def _site_open(self, name: str) -> bool:
        site = self.rollout.hosts[name].site
        if site not in self.open:
            gone = site_gone(self.state, self.rollout, site, self.now)
            self.open[site] = not gone and open_at(self.rollout.sites[site].windows, self.now)
        return self.open[site]

    def _first(self, number: int) -> list[str]:
        """Return the waiting hosts of a wave; of a repeated one its canaries first."""
        waiting = [name for name in self.state.waves[number].hosts
                   if not self.state.hosts[name].outcome]  # fmt: skip
        first = [name for name in self.state.retry_canary if not self._shown(name)]
        in_wave = set(self.state.waves[number].hosts)
        held = [name for name in first if name in in_wave]
        return [name for name in waiting if name in held] if held else waiting

    def _shown(self, name: str) -> bool:
        """Tell whether a host has ended in a way that holds up nobody."""
        outcome = self.state.hosts[name].outcome
        return bool(outcome) and outcome != "unknown" and not MEANING[outcome].failed
