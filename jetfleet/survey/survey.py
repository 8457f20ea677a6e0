"""The survey of a host: its script, and the state of each resource from what the script prints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.defect import contained
from jetfleet.errors import FleetError
from jetfleet.resources import KINDS, Resource, RunOptions
from jetfleet.steps import lease, unconfirmed
from jetfleet.steps.engine import answers_of, ask_engine
from jetfleet.steps.packages import read_packages
from jetfleet.steps.shell import words
from jetfleet.steps.systemd import show_units
from jetfleet.survey.clock import Clock, clock_script, read_clock
from jetfleet.survey.section import MISSING, SECONDS, Section, sections, sections_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from jetfleet.steps.lease import Lease
    from jetfleet.steps.unconfirmed import Unconfirmed


@dataclass(frozen=True)
class Unknown:
    """A resource whose section failed: nothing is known of it, and it fails closed."""

    reason: str


def script(resources: Iterable[Resource[Any]], options: RunOptions, *, board: bool = True) -> str:
    """Return a POSIX shell script that prints one framed section for each kind of resource.

    A section that fails or hangs does not hide the others. The script reads only; it needs root.

    Parameters
    ----------
    board:
        Whether it reads the board's clock, its lease and its unconfirmed change too.

    """
    listed = list(resources)
    units = {unit for resource in listed for unit in resource.units}
    # One section: a section costs a process.
    of_runs = f"{lease.show()}{unconfirmed.show()}"
    of_board = {_LEASE: (of_runs, SECONDS), _CLOCK: (clock_script(), SECONDS)}
    parts = of_board if board else {}
    if units:
        parts[_UNITS] = (show_units(units), SECONDS)
    packages = {name for kind, members in _by_kind(listed) for name in kind.dpkg_names(members)}
    if packages:
        parts[_PACKAGES] = (read_packages(packages), SECONDS)
    asked = {
        kind.kind: question
        for kind, members in _by_kind(listed)
        if (question := kind.engine_question(members)) is not None
    }
    if asked:
        parts[_ENGINE] = (ask_engine(asked), SECONDS)
    for kind, members in _by_kind(listed):
        limit = SECONDS + kind.survey_seconds(members, options)
        files = kind.survey_files(members, options)
        small = f"limit_small {words(files)} || exit 1\n" if files else ""
        parts[kind.kind] = (small + kind.survey(members, options), limit)
    return sections(parts, kept=(_PACKAGES,))


def seconds(resources: Iterable[Resource[Any]], options: RunOptions) -> int:
    """Return the limit in seconds of a whole survey."""
    more = (kind.survey_seconds(members, options) for kind, members in _by_kind(resources))
    return WHOLE_SECONDS + sum(more)


_UNITS = "systemd"
_ENGINE = "engine"
_PACKAGES = "packages"
_CLOCK = "clock"
_LEASE = "lease"


WHOLE_SECONDS = 60
"""Limit of a survey that hashes nothing."""


@dataclass(frozen=True)
class Reading:
    """What a survey has read.

    Parameters
    ----------
    states:
        The actual state of each resource by key; `Unknown` where its section failed.
    clock:
        The board's clock against this computer's.
    lease:
        The run that changes the board, or was the last to do so; None if that is unknown.
    unconfirmed:
        The change of the board that no run has confirmed, if there is one.

    """

    states: Mapping[str, Any]
    clock: Clock
    lease: Lease | None
    unconfirmed: Unconfirmed


def read(output: str, resources: Iterable[Resource[Any]]) -> Reading:
    """Return what the output of `script` says of these resources."""
    found = sections_of(output)
    of_runs = found.get(_LEASE, Section()).text
    return Reading(
        _all_states(found, resources),
        read_clock(found.get(_CLOCK, Section()).text),
        lease.read(of_runs),
        unconfirmed.read(of_runs),
    )


def _all_states(
    found: Mapping[str, Section], resources: Iterable[Resource[Any]]
) -> Mapping[str, Any]:
    units = found.get(_UNITS, Section())
    engine = found.get(_ENGINE, Section(failed=MISSING))
    packages = found.get(_PACKAGES, Section())
    states: dict[str, Any] = {}
    for kind, members in _by_kind(resources):
        section = found.get(kind.kind, Section(failed=MISSING))
        of_units = any(member.units for member in members)
        of_engine = kind.engine_question(members) is not None
        shared = [section, *([units] if of_units else []), *([engine] if of_engine else [])]
        shared += [packages] if kind.dpkg_names(members) else []
        failed = next((one.failed for one in shared if one.failed), "")
        if failed:
            unknown = Unknown(f"{kind.kind} could not be read: {failed}")
            states.update({member.key: unknown for member in members})
            continue
        text = f"{units.text}\n{section.text}" if of_units else section.text
        if of_engine:
            text = f"{answers_of(kind.kind, engine.text)}{text}"
        states.update(_states(kind, text, members))
    return states


def _states(
    kind: type[Resource[Any]], text: str, members: Sequence[Resource[Any]]
) -> dict[str, Any]:
    """Return the states of one kind; `Unknown` for each if its section cannot be read."""
    try:
        with contained(f"reading {kind.kind}", passing=(ValueError, LookupError)):
            return kind.read(text, members)
    except FleetError as error:
        reason = str(error)
    except (ValueError, LookupError) as error:
        # A parser of text ends so when the text has another form.
        reason = f"its section has another form than expected ({type(error).__name__}: {error})"
    unknown = Unknown(f"{kind.kind} could not be read: {reason}")
    return {member.key: unknown for member in members}


def _by_kind(
    resources: Iterable[Resource[Any]],
) -> list[tuple[type[Resource[Any]], Sequence[Resource[Any]]]]:
    listed = list(resources)
    groups = [(kind, [r for r in listed if type(r) is kind]) for kind in KINDS]
    return [(kind, members) for kind, members in groups if members]
