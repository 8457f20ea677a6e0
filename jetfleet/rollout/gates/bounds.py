"""What a measured gate asks of a ratio, or of a figure where there is nothing to compare with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from jetfleet.rollout.gates.interval import interval

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.rollout.gates.interval import Interval, Runs

Said = Literal["fail", "pass", ""]

FIGURES = {"tokens_per_second": False, "ttft_ms": True, "load_seconds": True}
"""The gates that measure, and whether more of their figure is worse."""

ENOUGH = 3
"""Fewer samples cannot fail: one slow request, or one slow start, has many causes."""


@dataclass(frozen=True)
class Bounds:
    """The bounds of a gate.

    Parameters
    ----------
    rises:
        Whether more is worse, as of a time.
    fail, good:
        It fails if its ratio is surely beyond `fail`, and passes if it is surely within `good`.
    floor:
        The least figure, or the highest of a time; None if the file does not say.
    least, most:
        Requests to a board: at the beginning, and in all.

    """

    rises: bool
    fail: float
    good: float
    floor: float | None
    least: int
    most: int

    @classmethod
    def of(cls, gate: str, settings: Mapping[str, Any]) -> Bounds:
        """Return the bounds of a gate, from its name and settings in a rollout file."""
        least, _, most = str(settings.get("requests", "5..30")).partition("..")
        rises = FIGURES[gate]
        names = ("fail_above", "pass_to", "max") if rises else ("fail_below", "pass_from", "min")
        fail, good = (
            float(settings.get(name, usual))
            for name, usual in zip(names, (1.30, 1.15) if rises else (0.90, 0.95), strict=False)
        )
        return cls(rises, fail, good, settings.get(names[2]), int(least), int(most))

    def says(self, ratio: Interval, samples: int) -> Said:
        """Return what is sure of a ratio; empty if nothing is."""
        return self._says(ratio, self.fail, self.good, samples)

    def says_of_figures(self, runs: Runs) -> tuple[Said, Interval]:
        """Return what is sure of figures against the floor, and their interval."""
        found = interval([(runs, ((1.0,),))])
        floor = self.floor or 0.0
        return self._says(found, floor, floor, sum(map(len, runs))), found

    def _says(self, found: Interval, fail: float, good: float, samples: int) -> Said:
        if self.rises:
            bad, fine = found.low > fail, found.high <= good
        else:
            bad, fine = found.high < fail, found.low >= good
        if bad:
            return "fail" if samples >= ENOUGH else ""
        return "pass" if fine else ""

    def worse(self, ratio: float) -> bool:
        """Tell whether a ratio is beyond the bound at which a gate fails."""
        return ratio > self.fail if self.rises else ratio < self.fail
