"""What a plan says of a spec beside what is found on the boards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.fleet.deploy import roles_beside, roles_of
from jetfleet.fleet.fleet import Fleet
from jetfleet.plan.model import Plan, Waived
from jetfleet.plan.read import read_plan
from jetfleet.runtimes.registry import runtime_of
from jetfleet.validate import memory_of, waivers
from jetfleet.workstation.workstation import commit_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from jetfleet.run.folder import Folder
    from jetfleet.spec.model import HostSpec


@dataclass(frozen=True)
class Known:
    """A fleet whose spec and lock are right, and the commit that they are of."""

    fleet: Fleet
    commit: str

    @classmethod
    def of(cls, spec: Path, deploy: Path) -> Known:
        """Read spec, lock and the roles of a deploy; `FleetError` if they are wrong."""
        return cls(Fleet.load(spec, roles_of(deploy), roles_beside(deploy)), commit_of(spec))

    @property
    def hosts(self) -> tuple[str, ...]:
        """Names of all hosts."""
        return tuple(host.name for host in self.fleet.spec.hosts)

    def plan(self, folder: Folder, data: Sequence[str]) -> Plan:
        """Return the plan of a run that has ended."""
        hosts = self.fleet.spec.hosts
        waived: dict[str, list[Waived]] = {}
        for one in waivers(self.fleet.spec):
            where = f"services.{one.service}" if one.service else "the host"
            told_of = Waived(rule=one.rule, reason=one.reason, where=where)
            waived.setdefault(one.host, []).append(told_of)
        plan = read_plan(folder, data, waived, {host.name: self._sizes(host) for host in hosts})
        told = tuple(
            one.model_copy(update={"memory": self._memory(one.host)}) for one in plan.hosts
        )
        return plan.model_copy(update={"hosts": told})

    def _memory(self, host: str) -> str:
        """Say what a host's services take of its memory; nothing if it has none."""
        memory = memory_of(self.fleet.spec, self.fleet.lock, host)
        return memory.sentence if memory.needs else ""

    def _sizes(self, host: HostSpec) -> dict[str, int]:
        """Bytes that each service loads when it starts."""
        locked = self.fleet.lock.models
        return {
            service.name: sum(
                locked[name].size
                for name in runtime_of(service).loaded_at_start(service)
                if name in locked
            )
            for service in host.services
        }
