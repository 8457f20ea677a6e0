"""How many hosts may be in work at the same time, and which of those that wait may begin."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jetfleet.rollout.rollout import Rollout
    from jetfleet.rollout.state import HostState, State

BATCH = 25
"""Most hosts of one task: starting pyinfra costs about half a second of CPU, whatever its hosts."""
_QUARTER = 4


def in_work(host: HostState, now: float) -> bool:
    """Tell whether a host counts against the limits: it is changed now, or nobody can be sure.

    A host that nobody waits for any more counts until its lease has run out: until then the board
    could still take a change.
    """
    return host.purpose in {"apply", "undo"} or now < host.held_until


@dataclass
class Room:
    """What is left of the limits; each host that is let in takes its part."""

    rollout: Rollout
    fleet: int = 0
    sites: Counter[str] = field(default_factory=Counter)
    groups: Counter[tuple[str, str]] = field(default_factory=Counter)

    def take(self, name: str) -> None:
        """Count a host."""
        member = self.rollout.hosts[name]
        self.fleet += 1
        self.sites[member.site] += 1
        for limit in self.rollout.down:
            if limit.group in member.groups:
                self.groups[limit.group, member.site if limit.per_site else ""] += 1

    def has(self, name: str) -> bool:
        """Tell whether one more host fits, by all limits."""
        member = self.rollout.hosts[name]
        if self.fleet >= self.rollout.at_once:
            return False
        if self.sites[member.site] >= self.rollout.sites[member.site].at_once:
            return False
        return all(
            self.groups[limit.group, member.site if limit.per_site else ""] < limit.count
            for limit in self.rollout.down
            if limit.group in member.groups
        )


def room(state: State, rollout: Rollout, now: float) -> Room:
    """Return the room that the hosts in work leave."""
    found = Room(rollout)
    for name, host in state.hosts.items():
        if in_work(host, now):
            found.take(name)
    return found


def batches(
    state: State, rollout: Rollout, hosts: Iterable[str], free: Room
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield batches of those hosts that fit, each with its site; they take their room.

    A site that works begins its next batch once a quarter of its room is free, so that a batch is
    not one host: starting one costs the same for each size.
    """
    wanted: dict[tuple[str, int], list[str]] = {}
    for name in hosts:
        wanted.setdefault((rollout.hosts[name].site, state.hosts[name].attempt), []).append(name)
    for (site, _), names in wanted.items():
        at_once = min(rollout.sites[site].at_once, rollout.at_once)
        left = at_once - free.sites[site]
        if free.sites[site] and left < min(len(names), -(-at_once // _QUARTER)):
            continue
        chosen: list[str] = []
        for name in names:
            if free.has(name):
                free.take(name)
                chosen.append(name)
        for first in range(0, len(chosen), BATCH):
            yield site, tuple(chosen[first : first + BATCH])


def rate_at(rollout: Rollout, name: str) -> int | None:
    """Return the bits a second that each host of a site may fetch; None: as fast as it can.

    All that can fetch at the same time stay within the rate of the site and that of the fleet: as
    many hosts as may be in work, and as many again whose bytes are brought ahead.
    """
    site = rollout.sites.get(name)
    if site is None:
        return None
    many = 2 if rollout.stage else 1
    members = sum(one.site == name for one in rollout.hosts.values())
    shares = (
        (site.bandwidth, min(many * site.at_once, members)),
        (rollout.bandwidth, min(_most(rollout, many), len(rollout.hosts))),
    )
    rates = [max(1, rate // max(1, hosts)) for rate, hosts in shares if rate]
    return min(rates, default=None)


def _most(rollout: Rollout, many: int) -> int:
    """Return how many hosts of the fleet may fetch at the same time; ahead, sites limit alone."""
    ahead = sum(site.at_once for site in rollout.sites.values())
    return rollout.at_once + (many - 1) * ahead
