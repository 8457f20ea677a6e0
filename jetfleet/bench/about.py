"""What a board says before a benchmark and after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from jetfleet.catalog.power import find_mode
from jetfleet.steps import Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from jetfleet.runtimes.benchmark import Benchmark
    from jetfleet.spec.model import Power
    from jetfleet.status.reading import Readings


@dataclass(frozen=True)
class About:
    """Readings of the board, and the service's container: image, digest, mounts inside."""

    readings: Readings
    image: str
    digest: str
    mounts: Mapping[str, str]

    def check(self, benchmark: Benchmark) -> None:
        """Raise `Refused` if the container runs another model than the spec says."""
        if not benchmark.folder:
            return
        mounted = self.mounts.get(benchmark.tokenizer)
        if mounted != benchmark.folder:
            raise Refused(
                f"{benchmark.service} runs with {mounted or 'no model'} and the spec says "
                f"{benchmark.folder}: apply the spec first, or the figures would be of another "
                "model"
            )

    def check_power(self, power: Power | None) -> None:
        """Raise `Refused` if the board has other clocks or another power mode than the spec says.

        The figures of a point would have a false title.
        """
        clocks = self.readings.clocks.locked if self.readings.clocks else None
        if power is None:
            return
        if None not in (clocks, power.clocks) and clocks != (power.clocks == "locked"):
            have = "locked" if clocks else "free"
            raise Refused(f"its clocks are {have}, and the point has them {power.clocks}")
        mode = self.readings.power_mode
        if power.mode is not None and mode and find_mode(power.mode, [mode]) is None:
            raise Refused(f"its power mode is {mode}, and that of the point is {power.mode}")

    def until(self, after: About) -> About:
        """Return what held from this reading to a later one: its heat, and all that throttled.

        Raise `Refused` if the settings have changed in between: no figure would be of either.
        """
        for title, before, now in _settings(self, after):
            if before != now:
                raise Refused(
                    f"{title} changed from {before} to {now} while it was measured: let nothing "
                    "else change the board, and measure again"
                )
        mine, its = self.readings, after.readings
        current = its.over_current
        events = [name for name in current if current[name] > mine.over_current.get(name, 0)]
        both = (mine.temperatures, its.temperatures)
        seen = {
            "throttling": tuple(dict.fromkeys((*mine.throttling, *its.throttling, *events))),
            "temperatures": {
                name: max(one[name] for one in both if name in one)
                for name in dict.fromkeys((*both[0], *both[1]))
            },
        }
        return replace(self, readings=mine.model_copy(update=seen))


def _settings(before: About, after: About) -> Iterator[tuple[str, object, object]]:
    """Yield each setting that both readings have, with its two values."""
    for title, of in _SETTINGS.items():
        one, other = of(before), of(after)
        if one is not None and other is not None:
            yield title, one, other


_SETTINGS: dict[str, Callable[[About], object]] = {
    "the power mode": lambda about: about.readings.power_mode,
    "whether the clocks are locked": lambda about: (
        about.readings.clocks.locked if about.readings.clocks else None
    ),
    "the image": lambda about: about.digest or None,
}
