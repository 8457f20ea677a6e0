"""A container service: a systemd unit that runs one container and is active only when ready."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.resources.resource import (
    Change,
    Leave,
    Progress,
    Resource,
    Run,
    Site,
    Steps,
    Unreadable,
    Watch,
)
from jetfleet.resources.shell import ENGINE_RUNS, STATE_DIR, words
from jetfleet.resources.systemd import UnitState, read_units

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

LABEL = "jetfleet.started-with"
"""Label of a container: the hash of the settings that its unit started it with."""


# Not the whole of it: a container's environment holds secrets.
CONTAINER = (
    '{"name":{{json .Name}},"labels":{{json .Config.Labels}},"status":{{json .State.Status}}}'
)


@dataclass(frozen=True)
class ServiceState:
    """A unit, its container, and what both were started with.

    Parameters
    ----------
    active, enabled, stale:
        As systemd has the unit; ``active`` is its ActiveState.
    unit_hash, container_hash:
        Settings hash in the running unit's environment and on the container.
    read:
        Path and sha256 of the files that the container read at its start.
    ready_seconds:
        How long its last start took until it was ready; 0 if it is not.

    """

    active: str
    enabled: bool
    stale: bool
    unit_hash: str
    container_hash: str
    container: str
    read: Mapping[str, str]
    ready_seconds: float = 0.0


@dataclass(frozen=True)
class Service(Resource[ServiceState]):
    """A service is active (which means ready, see its unit), enabled, and runs as the spec says.

    Parameters
    ----------
    name:
        Of the service, its unit (``jetfleet-<name>``) and its container.
    started_with:
        Hash of everything that the start depends on, but for secrets.
    reads:
        Path and sha256 of each file that the container must have been started with.
    needs:
        Keys of the resources that must be there first: files, image, model.
    patience:
        Seconds without any progress after which waiting for readiness ends.

    """

    kind: ClassVar[str] = "service"
    name: str
    started_with: str
    reads: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    patience: float = 600

    @property
    def id(self) -> str:
        return self.name

    @property
    def unit(self) -> str:
        """Name of the systemd unit."""
        return f"jetfleet-{self.name}.service"

    @property
    def title(self) -> str:
        return f"Serve {self.name}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("daemon:*", "filesystem:*", *self.needs)

    @property
    def units(self) -> tuple[str, ...]:
        return (self.unit,)

    @classmethod
    def survey(cls, resources: Sequence[Service], leave: Leave) -> str:
        del leave
        names = words(r.name for r in resources)
        return f"""cat {STATE_DIR}/*.started | sed 's/^/read /'
# A question to a stopped engine would start it by its socket; a survey only reads.
{ENGINE_RUNS} && docker container inspect -f '{CONTAINER}' {names}
true
"""

    @classmethod
    def read(cls, text: str, resources: Sequence[Service]) -> dict[str, ServiceState]:
        units = read_units(text)
        containers: dict[str, dict[str, Any]] = {}
        read: dict[str, str] = {}
        for line in text.splitlines():
            if line.startswith("{"):
                container = json.loads(line)
                containers[container["name"].lstrip("/")] = container
            elif line.startswith("read "):
                digest, _, path = line[5:].partition("  ")
                read[path] = digest
        return {r.key: _state(r, units, containers, read) for r in resources}

    def compare(self, actual: ServiceState, leave: Leave) -> list[Change]:
        del leave
        changes = []
        settled = actual.active == "active"
        if not settled:
            changes.append(
                Change(
                    "active", actual.active, "active", f"{self.name} is {actual.active}, not ready"
                )
            )
        elif actual.container != "running":
            changes.append(
                Change(
                    "container",
                    actual.container,
                    "running",
                    f"the container of {self.name} is {actual.container}",
                )
            )
        by_hand = actual.container == "running" and not actual.container_hash
        others = {actual.unit_hash, actual.container_hash} != {self.started_with}
        others = others or any(actual.read.get(path) != digest for path, digest in self.reads)
        if by_hand or (settled and others):
            who = "by hand" if by_hand else "with other settings"
            changes.append(
                Change(
                    "started-with",
                    actual.container_hash[:12] or "unknown",
                    self.started_with[:12],
                    f"{self.name} was started {who}",
                )
            )
        if not actual.enabled:
            changes.append(Change("enabled", "no", "yes", f"{self.name} does not start at boot"))
        if actual.stale:
            changes.append(Change("unit", "old", "new", f"systemd has an old unit of {self.name}"))
        return changes

    def steps(
        self, actual: ServiceState, changes: Sequence[Change], leave: Leave, site: Site
    ) -> Steps:
        del leave, site
        unit = words([self.unit])
        script = f"set -eu\nsystemctl daemon-reload\nsystemctl -q enable {unit}\n"
        named = {change.attribute for change in changes}
        if named & {"active", "started-with", "container"}:
            # A start that is under way with these very settings is left alone: a 20 GB model
            # that loads since ten minutes is not made to begin again.
            loading = actual.active == "activating" and actual.unit_hash == self.started_with
            if not (loading and actual.container_hash == self.started_with):
                script += f"systemctl reset-failed {unit} 2>/dev/null || true\n"
                script += f"systemctl --no-block restart {unit}\n"
            script += f"systemctl show -p NRestarts --value {unit}\n"
        result = yield Run(script, self.title)
        if named & {"active", "started-with", "container"}:
            before = int(result.out.strip() or 0)
            yield Watch(self._look(), self.title, self._judge(before), self.patience)

    def _look(self) -> str:
        """Wait up to ten seconds, then print the unit's state, what it did since, and its log.

        A look lasts less than half the patience, so that no wait ends before a second look.
        """
        rounds = max(1, min(50, int(self.patience * 2)))
        unit, name = words([self.unit]), words([self.name])
        return f"""i=0
while [ $i -lt {rounds} ]; do
  case "$(systemctl show -p ActiveState --value {unit})" in
    activating|deactivating) sleep 0.2 ;; *) break ;;
  esac
  [ "$(systemctl show -p SubState --value {unit})" = auto-restart ] && break
  i=$((i+1))
done
systemctl show -p ActiveState -p SubState -p NRestarts -p Result -p ExecMainStatus {unit}
pid=$(docker container inspect -f '{{{{.State.Pid}}}}' {name} 2>/dev/null || echo 0)
group=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup" 2>/dev/null)
cpu=$(sed -n 's/^usage_usec //p' "$group/cpu.stat" 2>/dev/null)
echo "work=$cpu $(tr '\\n' ' ' < "$group/io.stat" 2>/dev/null)"
echo '-- log'
journalctl -q -n 12 -o cat -u {unit} --no-pager 2>/dev/null
true
"""

    def _judge(self, restarts: int) -> Any:  # noqa: ANN401
        cpu_before = [0]

        def judge(out: str) -> Progress:
            head, _, log = out.partition("-- log\n")
            fields = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
            lines = [line for line in log.splitlines() if line.strip()]
            if fields.get("ActiveState") == "active":
                return Progress(done=True)
            died = fields.get("ActiveState") in {"failed", "inactive"} or (
                int(fields.get("NRestarts", "0")) > restarts
                or fields.get("SubState") == "auto-restart"
            )
            if died:
                status = fields.get("ExecMainStatus", "?")
                tail = "\n    ".join(lines[-8:])
                return Progress(
                    failed=(
                        f"{self.name} does not come up: it ended with exit status {status}"
                        f"{_MEANING.get(status, '')}; its last lines:\n    {tail}"
                    )
                )
            cpu, _, moved = fields.get("work", "").partition(" ")
            # A process that spins at full speed is compiling or loading; one that idles is not.
            step = int(cpu or 0) // 2_000_000
            cpu_before[0] = max(cpu_before[0], step)
            last = lines[-1] if lines else ""
            return Progress(token=f"{cpu_before[0]} {moved} {last}", line=last[:100])

        return judge


_MEANING = {
    "137": " (killed, as a rule for lack of memory: less context, fewer sequences or a smaller "
    "share of memory)",
    "125": " (docker itself refused the command)",
    "2": " (the program refused its options)",
}


def _state(
    service: Service,
    units: Mapping[str, UnitState],
    containers: Mapping[str, dict[str, Any]],
    read: Mapping[str, str],
) -> ServiceState:
    unit = units.get(service.unit)
    if unit is None:
        raise Unreadable(f"systemd says nothing of {service.unit}")
    container = containers.get(service.name, {})
    return ServiceState(
        active=unit.active,
        enabled=unit.enabled,
        stale=unit.stale,
        unit_hash=unit.started_with,
        container_hash=(container.get("labels") or {}).get(LABEL, ""),
        container=container.get("status", "absent"),
        read=read,
        ready_seconds=unit.ready_seconds,
    )
