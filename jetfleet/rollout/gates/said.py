"""What a hard gate says of one board."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.rollout.gates.verdict import Result


@dataclass(frozen=True)
class Said:
    """A result with its reason, of one service where it is about one.

    Parameters
    ----------
    wait:
        Whether waiting may decide it.

    """

    result: Result
    reason: str = ""
    service: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    wait: bool = False


def passes(service: str = "", **figures: Any) -> Said:  # noqa: ANN401 - values of JSON
    """Return a pass."""
    return Said("pass", service=service, figures=figures)


def fails(reason: str, service: str = "", **figures: Any) -> Said:  # noqa: ANN401 - as above
    """Return a fail."""
    return Said("fail", reason, service, figures)


def unknown(reason: str, service: str = "", *, wait: bool = False) -> Said:
    """Return that a gate has no data."""
    return Said("inconclusive", reason, service, wait=wait)
