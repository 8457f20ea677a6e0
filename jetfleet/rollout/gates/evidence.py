"""What is known of a board when its wave is judged."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.rollout.gates.probed import Record
    from jetfleet.rollout.gates.state import BoardState


RESERVE = 1 << 30
"""Bytes that must stay free on the root filesystem if a plan says nothing else."""


@dataclass(frozen=True)
class Evidence:
    """One board of the wave, or one that is only compared with. What was not read is None.

    Parameters
    ----------
    group:
        The class of its hardware and software.
    services:
        Names of the services that the spec wants on it.
    before, ready, now:
        The state before its change, right after it, and when the wave is judged.
    differences:
        Sentences of what a second plan would still change.
    reserve:
        Bytes that must stay free, by the path of a filesystem.
    deadline:
        Seconds that a start may take in any case.
    probed_before, probed:
        What was measured before the change and since it, by service.

    """

    host: str
    group: str
    services: tuple[str, ...] = ()
    before: BoardState | None = None
    ready: BoardState | None = None
    now: BoardState | None = None
    differences: tuple[str, ...] | None = None
    reserve: Mapping[str, int] = field(default_factory=lambda: {"/": RESERVE})
    deadline: float = 600.0
    probed_before: Mapping[str, Record] = field(default_factory=dict)
    probed: Mapping[str, Record] = field(default_factory=dict)


@dataclass(frozen=True)
class Wave:
    """What a verdict is about.

    Parameters
    ----------
    boards:
        Those that the wave has changed.
    controls:
        Boards that this rollout has not changed, of the same classes, probed in the same minutes.
    records:
        Baselines of earlier rollouts, and of the waves of this one that passed.
    allowed:
        How many boards may fail.
    quorum:
        Share of the boards that must have an answer for every gate, above 0 to 1.

    """

    boards: Sequence[Evidence]
    controls: Sequence[Evidence] = ()
    records: Sequence[Record] = ()
    allowed: int = 0
    quorum: float = 1.0
