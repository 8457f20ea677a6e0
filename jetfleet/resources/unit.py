"""A systemd unit that runs, starts at boot, and runs with its present settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import (
    Attribute,
    Attributes,
    Change,
    Effects,
    Resource,
    RunOptions,
    Unreadable,
    constant,
    yes_or_no,
)
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import words
from jetfleet.steps.systemd import UnitState, read_units

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Unit(Resource[UnitState]):
    """A long-running unit.

    Parameters
    ----------
    name:
        With its suffix, such as ``jetfleet-seed.service``.
    started_with:
        Hash that its environment must hold; see `jetfleet.steps.systemd.MARKER`.

    """

    kind: ClassVar[str] = "unit"
    chief: ClassVar[tuple[str, ...]] = ("active", "enabled")
    starts: ClassVar[frozenset[str]] = frozenset({"active", "started-with", "enabled"})
    moves: ClassVar[frozenset[str]] = frozenset({"active", "started-with"})
    stands_alone: ClassVar[bool] = True
    name: str
    started_with: str

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Run {self.name}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (f"file:/etc/systemd/system/{self.name}", "filesystem:*")

    @property
    def units(self) -> tuple[str, ...]:
        return (self.name,)

    @property
    def runs(self) -> str:
        return self.name

    @classmethod
    def survey(cls, resources: Sequence[Unit], options: RunOptions) -> str:
        del resources, options
        return "true\n"

    @classmethod
    def read(cls, text: str, resources: Sequence[Unit]) -> dict[str, UnitState]:
        units = read_units(text)
        missing = [r.name for r in resources if r.name not in units]
        if missing:
            raise Unreadable(f"systemd says nothing of {missing[0]}")
        return {r.key: units[r.name] for r in resources}

    def desired(self) -> Attributes:
        return {
            "active": constant("active"),
            "started-with": Attribute(self.started_with, follows=True),
            "enabled": constant("yes"),
        }

    def observed(self, actual: UnitState) -> Attributes:
        up = actual.active == "active"
        return {
            "active": actual.active,
            **({"started-with": actual.started_with or "unknown"} if up else {}),
            "enabled": yes_or_no(actual.enabled),
        }

    def settled(self, actual: UnitState) -> UnitState:
        """Return a unit that is being started as one that is up."""
        if actual.active != "activating":
            return actual
        settings = actual.started_with or actual.starts_with
        return replace(actual, active="active", started_with=settings)

    def sentence(self, change: Change, actual: UnitState) -> str:
        sentences = {
            "active": f"{self.name} is {actual.active}",
            "started-with": f"{self.name} runs with other settings",
            "enabled": f"{self.name} does not start at boot",
        }
        return sentences.get(change.attribute) or super().sentence(change, actual)

    def effects(self, actual: UnitState, changes: Sequence[Change]) -> Effects:
        down = actual.active == "active" and self.restarts(changes)
        return Effects(restarts=(self.name,) if down else ())

    def steps(
        self,
        actual: UnitState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        unit = words([self.name])
        yield Run(
            f"""set -eu
systemctl daemon-reload
systemctl -q enable {unit}
systemctl restart {unit} || {{ journalctl -q -u {unit} -n 3 -o cat --no-pager >&2; exit 1; }}
""",
            self.title,
            seconds=240,
            joined=True,
        )
