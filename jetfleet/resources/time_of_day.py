"""The clock of a board, set right by the workstation's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import Attributes, Change, Resource, RunOptions
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.text import format_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

_APART = 60
"""Seconds by which a clock may be wrong, as in the note about it."""


@dataclass(frozen=True)
class TimeOfDay(Resource[None]):
    """The board's clock shows the time of the workstation, to a minute.

    Many boards have no battery for their clock, and start in 1970: TLS refuses certificates then.
    The survey reads the clock of every board; `RunOptions.clock_ahead` is what it found.
    """

    kind: ClassVar[str] = "time"
    moves: ClassVar[frozenset[str] | None] = None
    sets_clock: ClassVar[bool] = True

    @property
    def id(self) -> str:
        return "clock"

    @property
    def title(self) -> str:
        return "Set the clock"

    @classmethod
    def survey(cls, resources: Sequence[TimeOfDay], options: RunOptions) -> str:
        del resources, options
        return "true\n"

    @classmethod
    def read(cls, text: str, resources: Sequence[TimeOfDay]) -> dict[str, None]:
        del text
        return {r.key: None for r in resources}

    def desired(self) -> Attributes:
        return {"clock": "right"}

    def observed(self, actual: None) -> Attributes:
        del actual
        return {"clock": "right"}

    def compare(self, actual: None, options: RunOptions) -> list[Change]:
        ahead = options.clock_ahead
        if abs(ahead) <= _APART:
            return []
        side = "ahead" if ahead > 0 else "behind"
        change = Change("clock", f"{format_duration(abs(ahead))} {side}", "right")
        return [replace(change, sentence=self.sentence(change, actual))]

    def sentence(self, change: Change, actual: None) -> str:
        del actual
        return f"the clock is {change.have} of this computer's"

    def steps(
        self, actual: None, changes: Sequence[Change], options: RunOptions, resolver: LinkResolver
    ) -> Steps:
        del actual, changes, resolver
        script = f'date -s "@$(($(date +%s) - {options.clock_ahead}))" >/dev/null\n'
        yield Run(script, self.title, joined=True)
