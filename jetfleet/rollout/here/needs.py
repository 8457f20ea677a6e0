"""What the gates of a wave need to know of a board, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.rollout.gates.bounds import FIGURES, Bounds
from jetfleet.rollout.gates.hard import HARD
from jetfleet.rollout.here.question import Measure, Question

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.rollout.rollout import Gate

_BEFORE = frozenset({"verified", "no-restarts", "no-oom", "ready", "throttling"})
"""Gates that compare the state of a board with that before its change."""

_READY = frozenset({"no-restarts", "ready"})
"""Gates that compare it with that right after its change."""


@dataclass(frozen=True)
class Needs:
    """What some gates need; those that nothing here reads are left out."""

    gates: tuple[Gate, ...]

    @classmethod
    def of(cls, gates: Sequence[Gate]) -> Needs:
        """Return what the gates of a task need."""
        known = (one for one in gates if one.name in HARD or _measures(one))
        return cls(tuple(known))

    @property
    def before(self) -> bool:
        """Whether a board is read before its change."""
        return bool(self.measures) or any(one.name in _BEFORE for one in self.gates)

    @property
    def ready(self) -> bool:
        """Whether a board is read right after its change."""
        return any(one.name in _READY for one in self.gates)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The services that are measured, each once for all gates."""
        found: dict[str, Measure] = {}
        for gate in filter(_measures, self.gates):
            name, least = str(gate.settings["service"]), Bounds.of(gate.name, gate.settings).least
            was = found.get(name, Measure(service=name, requests=1, tokens=1))
            tokens = int(gate.settings.get("tokens", 64))
            found[name] = Measure(
                service=name,
                requests=max(was.requests, least),
                tokens=max(was.tokens, tokens),
            )
        return tuple(found.values())

    @property
    def first(self) -> Question:
        """What a board of the wave is asked once the wave is to be judged."""
        compares = any(one.name == "in-sync" for one in self.gates)
        return Question(compares=compares, measures=self.measures)


def _measures(gate: Gate) -> bool:
    return gate.name in FIGURES and "service" in gate.settings
