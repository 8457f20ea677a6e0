"""A container service: a systemd unit that runs one container and is active only when ready."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.resources.base import (
    ABSENT,
    Attribute,
    Attributes,
    Change,
    Effects,
    Resource,
    Row,
    RunOptions,
    Unreadable,
    constant,
    read_row,
    yes_or_no,
)
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.engine import EngineQuestion
from jetfleet.steps.free_memory import FREE_MEMORY, Starting, memory_at_starts, too_little
from jetfleet.steps.shell import STATE_DIR, words
from jetfleet.steps.start import Start
from jetfleet.steps.systemd import UnitState, read_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LABEL = "jetfleet.started-with"
"""Label of a container: the hash of the settings that its unit started it with."""


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
    starts_with:
        Settings hash in the unit as systemd has it, which a start that is under way will have.
    available:
        Bytes of memory that its start would find, after the starts of the services before it; None
        if that is not known: it is up, or a service of another spec may end first.

    """

    active: str
    enabled: bool
    stale: bool
    unit_hash: str
    container_hash: str
    container: str
    read: Mapping[str, str]
    ready_seconds: float = 0.0
    starts_with: str = ""
    available: int | None = None


@dataclass(frozen=True)
class Service(Resource[ServiceState]):
    """A service is active (that is ready, see its unit), enabled, and has the spec's settings.

    Parameters
    ----------
    name:
        Of the service, its unit (``jetfleet-<name>``) and its container.
    started_with:
        Hash of everything that the start depends on, but for secrets.
    reads:
        Path and sha256 of each file that the container must have been started with; the hash is
        empty for a file with a secret that cannot be read, which is not compared.
    needs:
        Keys of the resources that must be there first: files, image, model.
    patience:
        Seconds without any progress after which waiting for readiness ends.
    rollback:
        Whether the settings with which it was last ready are put back if it does not become ready
        with other ones.
    container:
        Whether it runs in a container; else its unit runs its program itself.
    ports:
        TCP ports of the board that it takes.
    memory:
        Bytes of memory that it needs at its start, by the estimate; 0 if that is not known.

    """

    kind: ClassVar[str] = "service"
    chief: ClassVar[tuple[str, ...]] = ("active", "enabled")
    starts: ClassVar[frozenset[str]] = frozenset({"active", "started-with", "container"})
    moves: ClassVar[frozenset[str]] = frozenset({"active", "started-with", "container"})
    stands_alone: ClassVar[bool] = True
    name: str
    started_with: str
    reads: tuple[tuple[str, str], ...] = ()
    needs: tuple[str, ...] = ()
    patience: float = field(default=600, repr=False)
    rollback: bool = field(default=True, repr=False)
    container: bool = True
    ports: tuple[int, ...] = field(default=(), repr=False, compare=False)
    memory: int = field(default=0, repr=False, compare=False)

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

    @property
    def runs(self) -> str:
        return self.unit

    @classmethod
    def survey(cls, resources: Sequence[Service], options: RunOptions) -> str:
        del resources, options
        started = f"find {STATE_DIR} -maxdepth 1 -name '*.started' -type f -size -1024k"
        return f"""{started} -exec sed 's/^/read /' {{}} +
{FREE_MEMORY}
true
"""

    @classmethod
    def engine_question(cls, resources: Sequence[Service]) -> EngineQuestion:
        return EngineQuestion(containers=tuple(r.name for r in resources))

    @classmethod
    def read(cls, text: str, resources: Sequence[Service]) -> dict[str, ServiceState]:
        units = read_units(text)
        containers: dict[str, _Container] = {}
        read: dict[str, str] = {}
        for line in text.splitlines():
            if line.startswith("{"):
                container = read_row(_Container, line, "a container")
                containers[container.name.lstrip("/")] = container
            elif line.startswith("read "):
                digest, _, path = line[5:].partition("  ")
                read[path] = digest
        states = {r.key: _state(r, units, containers, read) for r in resources}
        starts = [Starting(r.name, states[r.key].active, r.memory) for r in resources]
        found = memory_at_starts(text, starts)
        return {r.key: replace(states[r.key], available=found.get(r.name)) for r in resources}

    def desired(self) -> Attributes:
        return {
            "active": constant("active"),
            **({"container": constant("running")} if self.container else {}),
            "started-with": Attribute(self.started_with, beside=_read(self.reads), follows=True),
            "enabled": constant("yes"),
            "unit": constant("new"),
        }

    def observed(self, actual: ServiceState) -> Attributes:
        up = actual.active == "active"
        started = {"started-with": self._started(actual)} if up or _by_hand(actual) else {}
        return {
            "active": actual.active,
            **({"container": actual.container} if up and self.container else {}),
            **started,
            "enabled": yes_or_no(actual.enabled),
            "unit": "old" if actual.stale else "new",
        }

    def settled(self, actual: ServiceState) -> ServiceState:
        """Return a service that is becoming ready as one that is, with what it is started with."""
        if actual.active != "activating":
            return actual
        settings = actual.unit_hash or actual.starts_with
        return replace(
            actual,
            active="active",
            unit_hash=settings,
            container_hash=settings,
            container="running",
            # At a boot nothing is noted yet of what the container reads.
            read={**dict(self.reads), **actual.read},
        )

    def _started(self, actual: ServiceState) -> Attribute:
        """Return what unit and container were started with, secrets included."""
        of_container = actual.container_hash if self.container else actual.unit_hash
        return Attribute(
            " ".join(dict.fromkeys((of_container, actual.unit_hash))),
            text=(actual.container_hash or actual.unit_hash)[:12] or "unknown",
            beside=_read(
                (path, actual.read.get(path, "") if sha256 else "") for path, sha256 in self.reads
            ),
        )

    def details(self) -> Mapping[str, Any]:
        return {"unit": self.unit}

    def notes(self, actual: ServiceState) -> Sequence[str]:
        if actual.available is None or self.memory <= actual.available:
            return ()
        return (too_little(self.name, self.memory, actual.available),)

    def sentence(self, change: Change, actual: ServiceState) -> str:
        who = "by hand" if _by_hand(actual) else "with other settings"
        sentences = {
            "active": f"{self.name} is {actual.active}, not ready",
            "container": f"the container of {self.name} is {actual.container}",
            "started-with": f"{self.name} was started {who}",
            "enabled": f"{self.name} does not start at boot",
            "unit": f"systemd has an old unit of {self.name}",
        }
        return sentences.get(change.attribute) or super().sentence(change, actual)

    def effects(self, actual: ServiceState, changes: Sequence[Change]) -> Effects:
        down = actual.active == "active" and self.restarts(changes)
        return Effects(restarts=(self.name,) if down else ())

    def _started_as_wanted(self, actual: ServiceState) -> bool:
        """Tell whether unit and container were started with these settings, secrets included."""
        return self._started(actual) == self.attributes["started-with"]

    def steps(
        self,
        actual: ServiceState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del options, resolver
        unit = words([self.unit])
        script = f"set -eu\nsystemctl daemon-reload\nsystemctl -q enable {unit}\n"
        if not self.restarts(changes):
            yield Run(script, self.title, joined=True)
            return
        written = tuple(path for path, _ in self.reads)
        start = Start(self.name, self.unit, self.title, written, self.patience, self.rollback)
        # A start that is under way with these very settings is left alone: a 20 GB model
        # that loads since ten minutes is not made to begin again.
        if actual.active == "activating" and self._started_as_wanted(actual):
            script += f"systemctl show -p NRestarts --value {unit}\n"
        else:
            script += start.script
        yield from start.steps(script)


class _Container(Row):
    """A container as Docker has it."""

    name: str
    labels: dict[str, str] | None = None
    status: str = ABSENT


def _by_hand(actual: ServiceState) -> bool:
    return actual.container == "running" and not actual.container_hash


def _read(files: Iterable[tuple[str, str]]) -> str:
    """Return files with their hashes as one text; they may hold secrets."""
    return "".join(f"{digest} {path}\n" for path, digest in files)


def _state(
    service: Service,
    units: Mapping[str, UnitState],
    containers: Mapping[str, _Container],
    read: Mapping[str, str],
) -> ServiceState:
    unit = units.get(service.unit)
    if unit is None:
        raise Unreadable(f"systemd says nothing of {service.unit}")
    container = containers.get(service.name, _Container(name=service.name))
    return ServiceState(
        active=unit.active,
        enabled=unit.enabled,
        stale=unit.stale,
        unit_hash=unit.started_with,
        container_hash=(container.labels or {}).get(LABEL, ""),
        container=container.status,
        read=read,
        ready_seconds=unit.ready_seconds,
        starts_with=unit.starts_with,
    )
