"""A systemd unit that runs, starts at boot, and runs with its present settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.resource import Change, Resource, RunOptions, Unreadable
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

    def compare(self, actual: UnitState, options: RunOptions) -> list[Change]:
        del options
        changes = []
        if actual.active != "active":
            changes.append(
                Change("active", actual.active, "active", f"{self.name} is {actual.active}")
            )
        elif actual.started_with != self.started_with:
            have = actual.started_with[:12] or "unknown"
            changes.append(
                Change("started-with", have, self.started_with[:12],
                       f"{self.name} runs with other settings")
            )  # fmt: skip
        if not actual.enabled:
            changes.append(Change("enabled", "no", "yes", f"{self.name} does not start at boot"))
        return changes

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
        )
