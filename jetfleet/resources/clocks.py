"""Clocks pinned to the power mode's maximum by a unit of our own, at each boot."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import (
    Attributes,
    Change,
    Resource,
    RunOptions,
    Unreadable,
    constant,
    yes_or_no,
)
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.systemd import read_units

if TYPE_CHECKING:
    from collections.abc import Sequence

UNIT = "jetfleet-clocks.service"


@dataclass(frozen=True)
class ClockState:
    """Whether the unit is enabled, up to date and did its work, and which clocks are free.

    Parameters
    ----------
    starting:
        The unit does its work at the moment, as after a boot.
    freed:
        They will be free once the power mode is changed.

    """

    enabled: bool
    active: bool
    stale: bool
    free: tuple[str, ...]
    starting: bool = False
    freed: bool = False


@dataclass(frozen=True)
class Clocks(Resource[ClockState]):
    """CPU and GPU clocks are pinned now, and will be after each boot."""

    kind: ClassVar[str] = "clocks"
    chief: ClassVar[tuple[str, ...]] = ("pinned", "active", "enabled")
    moves: ClassVar[frozenset[str]] = frozenset({"pinned", "active"})

    @property
    def id(self) -> str:
        return "locked"

    @property
    def title(self) -> str:
        return "Lock the clocks"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (
            "power:*",
            f"file:/etc/systemd/system/{UNIT}",
            "file:/usr/local/lib/jetfleet/clocks",
        )

    @property
    def units(self) -> tuple[str, ...]:
        return (UNIT,)

    @classmethod
    def survey(cls, resources: Sequence[Clocks], options: RunOptions) -> str:
        del resources, options
        # `clocks free` prints the clocks that are not pinned; it is the same program that the unit
        # runs, so that what is checked is what is made. Before it is there, all are free. One that
        # fails says nothing of the clocks, and one that hangs runs into the limit of this section.
        return """clocks=/usr/local/lib/jetfleet/clocks
if [ -x $clocks ] && free=$($clocks free); then
  [ -z "$free" ] || echo "$free" | sed 's/^/free /'
else
  echo 'free all'
fi
"""

    @classmethod
    def read(cls, text: str, resources: Sequence[Clocks]) -> dict[str, ClockState]:
        unit = read_units(text).get(UNIT)
        if unit is None:
            raise Unreadable(f"systemd says nothing of {UNIT}")
        state = ClockState(
            enabled=unit.enabled,
            active=unit.active == "active",
            stale=unit.stale,
            free=tuple(line[5:] for line in text.splitlines() if line.startswith("free ")),
            starting=unit.active == "activating",
        )
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {
            "pinned": "all",
            "active": constant("yes"),
            "enabled": constant("yes"),
            "unit": constant("new"),
        }

    def observed(self, actual: ClockState) -> Attributes:
        pinned = f"free: {', '.join(actual.free)}" if actual.free else "all"
        return {
            "pinned": "until the power mode changes" if actual.freed else pinned,
            "active": yes_or_no(actual.active),
            "enabled": yes_or_no(actual.enabled),
            "unit": "old" if actual.stale else "new",
        }

    def settled(self, actual: ClockState) -> ClockState:
        """Return clocks that are being pinned as pinned."""
        return replace(actual, active=True, free=()) if actual.starting else actual

    def hidden(self, actual: ClockState) -> ClockState:
        """Return clocks as a change of the power mode leaves them: it sets lowest and highest."""
        return actual if actual.free else replace(actual, freed=True)

    def sentence(self, change: Change, actual: ClockState) -> str:
        sentences = {
            "pinned": f"clocks are free: {', '.join(actual.free)}"
            if actual.free
            else "the change of the power mode frees the clocks",
            "active": f"{UNIT} has not done its work",
            "enabled": f"{UNIT} does not start at boot",
            "unit": f"systemd has an old {UNIT}",
        }
        return sentences.get(change.attribute) or super().sentence(change, actual)

    def steps(
        self,
        actual: ClockState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, options, resolver
        script = f"set -eu\nsystemctl daemon-reload\nsystemctl -q enable {UNIT}\n"
        if {change.attribute for change in changes} & {"pinned", "active"}:
            # `enable --now` on a oneshot that remains after exit would not run it again: restart.
            log = f"journalctl -q -u {UNIT} -n 3 -o cat --no-pager >&2"
            script += f"systemctl restart {UNIT} || {{ {log}; exit 1; }}\n"
        yield Run(script, self.title, seconds=240, joined=True)
