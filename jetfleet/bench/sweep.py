"""A sweep: each of its points is applied and measured, then the state of the spec is put back.

Whatever happens in between - a point that a board refuses, a benchmark that fails, Ctrl-C - the
state of the spec is applied at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.bench.child import run
from jetfleet.environment import POINT
from jetfleet.errors import FleetError
from jetfleet.run.interrupt import interrupts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jetfleet.spec.load import Spec


_DIFFERS = 2
"""How `jetfleet plan` ends where an apply would change something."""

_NOT_IN_SYNC = (
    "the boards do not have the state of the spec, which a sweep puts back at its end: apply the "
    "spec first. A sweep that was killed leaves the state of its point, and `jetfleet apply` puts "
    "the spec's back"
)
_NOT_KNOWN = (
    "whether the boards have the state of the spec is not known, and a sweep puts it back at its "
    "end: see above which board did not answer, or leave it out with --limit"
)


@dataclass(frozen=True)
class Commands:
    """The commands of a sweep; each ends with 0 if it succeeded.

    Parameters
    ----------
    plan:
        Ends with 0 if the boards have the state of the spec, and with 2 if they differ.
    apply:
        Applies the spec, or the point that the environment names.
    measure:
        Returns the command that measures the services at the point of a title.

    """

    plan: Sequence[str]
    apply: Sequence[str]
    measure: Callable[[str], Sequence[str]]


@dataclass(frozen=True)
class Swept:
    """How a sweep ended: points that failed, each with the reason; the signal that ended it.

    `restored` is whether the boards have the state of the spec again.
    """

    failed: Mapping[str, str]
    signal: int
    restored: bool


def titles_of(spec: Spec) -> tuple[str, ...]:
    """Return the titles of a sweep's points; one without a title is named by what it changes."""
    titles = []
    for number, point in enumerate(spec.bench.over, 1):
        words = [f"{key}: {value}" for key, value in point.power.items()]
        for name, body in point.services.items():
            words += [f"{name} {key}: {_short(value)}" for key, value in body.items()]
        titles.append(point.title or ", ".join(words) or f"point {number}")
    return tuple(titles)


def sweep(
    titles: Sequence[str], commands: Commands, say: Callable[[str], None], first: int = 1
) -> Swept:
    """Apply and measure each point, and put the spec's state back.

    Parameters
    ----------
    say:
        Called with a line before each part.

    Raises
    ------
    FleetError
        The boards do not have the state of the spec: nothing was changed.

    """
    failed: dict[str, str] = {}
    with interrupts() as interrupt:
        say("check that the boards have the state of the spec")
        before = run(commands.plan, {}, interrupt)
        if interrupt.number:
            return Swept({}, interrupt.number, restored=True)
        if before:
            raise FleetError(_NOT_IN_SYNC if before == _DIFFERS else _NOT_KNOWN)
        try:
            for number, title in enumerate(titles, first):
                where = f"point {number} of {len(titles)}, {title}"
                at = {POINT: str(number)}
                for part, command in (
                    ("apply", commands.apply),
                    ("measure", commands.measure(title)),
                ):
                    say(f"{part} {where}")
                    status = run(command, at, interrupt)
                    if interrupt.number:
                        return Swept(failed, interrupt.number, restored=put_back(commands, say))
                    if status:
                        failed[title] = f"{part} ended with {status}"
                        break
        except BaseException:
            put_back(commands, say)
            raise
    return Swept(failed, 0, restored=put_back(commands, say))


def put_back(commands: Commands, say: Callable[[str], None]) -> bool:
    """Apply the spec, and return whether that succeeded; one signal does not stop it, two do."""
    say("put the state of the spec back")
    with interrupts() as interrupt:
        return run(commands.apply, {}, interrupt, ignore_first=True) == 0


def _short(value: object) -> str:
    if isinstance(value, dict):
        return " ".join(f"{key}={one}" for key, one in value.items())
    return str(value)
