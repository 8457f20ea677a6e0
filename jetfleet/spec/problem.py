"""Problems of a spec, as sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jetfleet.spec.position import Position


@dataclass(frozen=True)
class Problem:
    """One problem: what is wrong, where it was written, and what to write instead.

    `found` can be printed: it is quoted, shortened, and has no secrets; if `expected` is empty it
    is a whole sentence. A `warning` may work and is not refused. `rule` is the catalog's rule that
    is broken, which the host or the service can waive.
    """

    place: Position
    key: str
    found: str
    expected: str
    remedy: str
    warning: bool = field(default=False, compare=False)
    rule: str | None = field(default=None, compare=False)
    host: str | None = field(default=None, compare=False)
    service: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        key = f"{self.key}: " if self.key else ""
        rule = f" (rule {self.rule})" if self.rule else ""
        if not self.expected:
            return f"{self.place}: {key}{self.found}; {self.remedy}{rule}"
        wanted = f"found {self.found}, expected {self.expected}"
        return f"{self.place}: {key}{wanted}; {self.remedy}{rule}"


class SpecError(FleetError):
    """All problems of one spec, one per line, in the order of the file."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(in_file_order(problems))
        super().__init__("\n".join(str(problem) for problem in self.problems))


def in_file_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return `problems` in the order of the file, each once."""
    return sorted(
        dict.fromkeys(problems), key=lambda one: (one.place, one.key, one.found, one.expected)
    )
