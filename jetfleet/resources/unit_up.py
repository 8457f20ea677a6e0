"""A unit of the board, or of the user's own, that is up or starts at boot."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import Attribute, Attributes, Change, RunOptions, constant, yes_or_no
from jetfleet.resources.unit import Unit
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.steps.systemd import UnitState

DROP_IN = "jetfleet-files.conf"
"""Name of the file that brings its marker to a unit."""


@dataclass(frozen=True)
class UnitUp(Unit):
    """A unit that jetfleet need not have written.

    Parameters
    ----------
    started_with:
        As of `Unit`; empty: a drop-in brings no marker, and systemd tells whether it has read the
        unit's present files.
    enabled:
        Whether it must start at boot; False: that stays as the board has it.
    running:
        Whether it must be up; False for what a timer or another unit starts.

    """

    kind: ClassVar[str] = "unit-up"
    starts: ClassVar[frozenset[str]] = frozenset({"active", "started-with", "unit", "enabled"})
    stands_alone: ClassVar[bool] = False
    enabled: bool = True
    running: bool = True

    @property
    def depends_on(self) -> tuple[str, ...]:
        drop_in = f"file:/etc/systemd/system/{self.name}.d/{DROP_IN}"
        return (*super().depends_on, drop_in, "package:*")

    def desired(self) -> Attributes:
        settings = Attribute(self.started_with, follows=True)
        return {
            **({"active": constant("active")} if self.running else {}),
            **({"started-with": settings} if self.started_with else {"unit": constant("new")}),
            **({"enabled": constant("yes")} if self.enabled else {}),
        }

    def observed(self, actual: UnitState) -> Attributes:
        return {
            **({"active": actual.active} if self.running else {}),
            **self._settings(actual),
            **({"enabled": yes_or_no(actual.enabled)} if self.enabled else {}),
        }

    def _settings(self, actual: UnitState) -> Attributes:
        """Return with which settings it runs or, if it is not to run, which systemd has read."""
        if not self.started_with:
            return {"unit": "old" if actual.stale else "new"}
        if self.running and actual.active != "active":
            return {}
        # A process that was started before its marker was written has none.
        read = "" if actual.process and self.running else actual.starts_with
        return {"started-with": actual.started_with or read or "unknown"}

    def sentence(self, change: Change, actual: UnitState) -> str:
        if change.attribute == "unit":
            return f"systemd has an old {self.name}"
        return super().sentence(change, actual)

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
        script = f"set -eu\nsystemctl daemon-reload\n{enable}{start}"
        yield Run(script, self.title, seconds=240, joined=True)
