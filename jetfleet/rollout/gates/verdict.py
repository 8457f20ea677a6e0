"""What gates find, and the verdict that follows."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Result = Literal["fail", "inconclusive", "pass"]

ORDER: tuple[Result, ...] = ("fail", "inconclusive", "pass")
"""The worst first."""


def worst(results: Iterable[Result]) -> Result:
    """Return the worst of some results; inconclusive if there are not any: nothing is known."""
    found = set(results)
    return next((one for one in ORDER if one in found), "inconclusive")


@dataclass(frozen=True)
class Finding:
    """What one gate says of one board, or of all boards of a class together.

    Parameters
    ----------
    gate:
        Its name in the rollout file.
    host:
        The board; empty if it is about all boards of `group`.
    group:
        The class of hardware and software; empty where it is about one board.
    reason:
        A sentence for a person; empty for a pass that needs no words.
    figures:
        Plain JSON values that it was decided by.

    """

    gate: str
    result: Result
    host: str = ""
    group: str = ""
    service: str = ""
    reason: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Want:
    """More that can decide: a service of a board is to be probed again.

    Parameters
    ----------
    requests:
        How many requests to send.
    wait:
        Whether to wait first: another client loads the server, or its model is still loaded.

    """

    host: str
    service: str
    requests: int
    wait: bool = False


@dataclass(frozen=True)
class Verdict:
    """The verdict of a wave.

    Parameters
    ----------
    hosts:
        The result of each board by its name.
    wants:
        What could still decide it; empty once it is final.

    """

    result: Result
    findings: tuple[Finding, ...] = ()
    hosts: Mapping[str, Result] = field(default_factory=dict)
    wants: tuple[Want, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """A sentence for each finding that is not a pass, the worst first."""
        return tuple(
            ": ".join(filter(None, (one.host or one.group, f"{one.gate} {one.result}", one.reason)))
            for result in ORDER[:-1]
            for one in self.findings
            if one.result == result
        )

    def of_gate(self, gate: str) -> tuple[Result, tuple[str, ...], str]:
        """Return what one gate says of the whole wave: its result, boards, and reason.

        The boards are those that have this result; empty where a class as a whole has it.
        """
        mine = [one for one in self.findings if one.gate == gate]
        result = worst(one.result for one in mine)
        these = [one for one in mine if one.result == result]
        hosts = () if any(not one.host for one in these) else (one.host for one in these)
        reason = next((one.reason for one in these if one.reason), "")
        return result, tuple(dict.fromkeys(hosts)), reason

    @property
    def plain(self) -> dict[str, Any]:
        """The same as values of JSON."""
        return {
            "result": self.result,
            "hosts": dict(self.hosts),
            "findings": [{**asdict(one), "figures": dict(one.figures)} for one in self.findings],
            "wants": [asdict(one) for one in self.wants],
        }
