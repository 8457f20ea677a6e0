"""Who belongs to which wave: frozen when a rollout begins, with a canary of each class."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.rollout.spec.amount import hosts_in
from jetfleet.rollout.spec.check import selected

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jetfleet.rollout.spec.document import RolloutFile, WaveSpec
    from jetfleet.spec.load import Spec


@dataclass(frozen=True)
class Group:
    """The hosts of one wave; `inserted` are canaries that the file does not name."""

    name: str
    of: WaveSpec
    hosts: tuple[str, ...]
    canary: bool = False
    inserted: bool = False


@dataclass
class _Waves:
    """Deals the hosts out, wave by wave."""

    classes: Mapping[str, str]
    never_first: frozenset[str]
    left: list[str]
    known: set[str] = field(default_factory=set)
    found: list[Group] = field(default_factory=list)

    def deal(self, name: str, wave: WaveSpec, hosts: Sequence[str]) -> None:
        """Add a wave, preceded by a canary of each class that no wave before it has had."""
        if not hosts:
            return
        new = {self.classes[name] for name in hosts} - self.known
        per_class = wave.hosts.per == "class"
        if new and not per_class and len(hosts) > len(new):
            first = self._one_each(hosts, new)
            self._add(Group(f"{name}-canary", wave, first, canary=True, inserted=True))
            hosts = [host for host in hosts if host not in first]
            new = set()
        self._add(Group(name, wave, tuple(hosts), canary=bool(new) or per_class))

    def members(self, spec: Spec, wave: WaveSpec) -> list[str]:
        """Return the hosts of a wave, of those that no wave has yet."""
        free = [name for name in self.left if self.found or name not in self.never_first]
        if wave.hosts.per == "class":
            return self._per_class(free, wave.hosts.count)
        if wave.hosts.share is not None:
            share = wave.hosts.share
            return free[: hosts_in(share, len(spec.hosts))] if share != "100%" else free
        named = set(selected(spec, wave.hosts.named))
        return [name for name in free if name in named]

    def _per_class(self, free: Iterable[str], count: int) -> list[str]:
        taken: dict[str, list[str]] = {}
        for name in free:
            of = taken.setdefault(self.classes[name], [])
            if len(of) < count:
                of.append(name)
        return [name for names in taken.values() for name in names]

    def _one_each(self, hosts: Sequence[str], new: set[str]) -> tuple[str, ...]:
        first: dict[str, str] = {}
        for name in sorted(hosts, key=lambda name: name in self.never_first):
            if self.classes[name] in new:
                first.setdefault(self.classes[name], name)
        chosen = set(first.values())
        return tuple(name for name in hosts if name in chosen)

    def _add(self, group: Group) -> None:
        self.found.append(group)
        self.known |= {self.classes[name] for name in group.hosts}
        chosen = set(group.hosts)
        self.left = [name for name in self.left if name not in chosen]


def members(
    file: RolloutFile, spec: Spec, rollout: str, classes: Mapping[str, str]
) -> tuple[Group, ...]:
    """Return the waves with their hosts; waves without hosts are left out.

    No wave has a host of a class that no wave before it had, unless it is a canary itself.

    Parameters
    ----------
    rollout:
        The id: hosts are dealt out in another order in each rollout, so that they are not always
        the same canaries.
    classes:
        The class of each host.

    Raises
    ------
    FleetError
        Some host would be in no wave: only hosts that are never first are left for the first.

    """
    names = [host.name for host in spec.hosts]
    if file.order == "rotate":
        names.sort(key=lambda name: place(rollout, name))
    waves = _Waves(classes, frozenset(selected(spec, file.never_first)), names)
    for wave in file.waves:
        waves.deal(wave.name, wave, waves.members(spec, wave))
    if waves.left:
        # A single wave of all hosts has left those that are never first: they come after it.
        last = file.waves[-1]
        waves.deal(f"{last.name}-later", last, list(waves.left))
    if not waves.found:
        raise FleetError("the rollout has no hosts: name some under `waves`")
    return tuple(waves.found)


def place(rollout: str, host: str) -> bytes:
    """Return the place of a host in the order of a rollout: another one in each rollout."""
    return hashlib.sha256(f"{rollout}\0{host}".encode()).digest()
