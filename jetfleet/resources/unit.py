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


DROP_IN = "jetfleet-files.conf"
"""Name of the file that brings its marker to a unit whose own file has none."""


@dataclass(frozen=True)
class Unit(Resource[UnitState]):
    """A unit that is up.

    Parameters
    ----------
    name:
        With its suffix, such as ``jetfleet-seed.service``.
    started_with:
        Hash that its environment must hold; see `jetfleet.steps.systemd.MARKER`. Empty: it runs
        with whatever settings it has.
    enabled:
        Whether it must start at boot; False: that stays as the board has it.
    running:
        Whether it must be up; False for what a timer or another unit starts.

    """

    kind: ClassVar[str] = "unit"
    chief: ClassVar[tuple[str, ...]] = ("active", "enabled")
    starts: ClassVar[frozenset[str]] = frozenset({"active", "started-with", "unit", "enabled"})
    moves: ClassVar[frozenset[str]] = frozenset({"active", "started-with"})
    stands_alone: ClassVar[bool] = True
    name: str
    started_with: str
    enabled: bool = True
    running: bool = True

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Run {self.name}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        files = (self.name, f"{self.name}.d/{DROP_IN}")
        units = (f"file:/etc/systemd/system/{name}" for name in files)
        return (*units, "package:*", "filesystem:*")

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
        settings = Attribute(self.started_with, follows=True)
        return {
            **({"active": constant("active")} if self.running else {}),
            **({"started-with": settings} if self.started_with else {"unit": constant("new")}),
            **({"enabled": constant("yes")} if self.enabled else {}),
        }

    def observed(self, actual: UnitState) -> Attributes:
        up = actual.active == "active"
        # Without a main process, as of a timer, there is only what systemd has read.
        loaded = "" if actual.process and self.running else actual.starts_with
        settings = actual.started_with or loaded or "unknown"
        found: Attributes = {"started-with": settings} if up or not self.running else {}
        if not self.started_with:
            found = {"unit": "old" if actual.stale else "new"}
        return {
            **({"active": actual.active} if self.running else {}),
            **found,
            **({"enabled": yes_or_no(actual.enabled)} if self.enabled else {}),
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
            "unit": f"systemd has an old {self.name}",
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
        log = f"journalctl -q -u {unit} -n 3 -o cat --no-pager >&2"
        enable = f"systemctl -q enable {unit}\n" if self.enabled else ""
        start = f"systemctl restart {unit} || {{ {log}; exit 1; }}\n" if self.running else ""
        yield Run(
            f"set -eu\nsystemctl daemon-reload\n{enable}{start}",
            self.title,
            seconds=240,
        )
