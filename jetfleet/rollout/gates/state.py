"""What a board is like when its wave is judged: all that hard gates need, in one round trip."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jetfleet.converge.answer import Answer, read_answers
from jetfleet.events.text import Line, Name
from jetfleet.status.reading import Readings
from jetfleet.status.readings import SECONDS, read_status, status_script
from jetfleet.steps import Refused
from jetfleet.steps.shell import words
from jetfleet.survey.section import sections, sections_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from jetfleet.survey.section import Section

ANSWER_SECONDS = 120
"""Limit of the check of one service: a real generation, and the load of a model on demand."""


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Checked(_Read):
    """Whether a service is healthy, has its models, and each one answered a real request."""

    ok: bool
    reason: Line = ""
    answers: tuple[Answer, ...] = ()


class BoardState(_Read):
    """One board at one time.

    Parameters
    ----------
    checked:
        The check of each service by its name; one that was not asked is missing.

    """

    readings: Readings = Readings()
    checked: dict[Name, Checked] = Field(default_factory=dict)


def state_script(
    services: Sequence[str], disks: Iterable[str], contained: Collection[str] = ()
) -> str:
    """Return a script that reads a board and asks each of its services; it changes nothing.

    Other sections, such as the survey of a second plan, can follow in the same round trip.

    Parameters
    ----------
    services:
        Names of the services to ask.
    disks:
        Absolute paths whose filesystems are measured.
    contained:
        Those of the services that run in a container.

    """
    checks = {
        _section(number): (_check(name), ANSWER_SECONDS) for number, name in enumerate(services)
    }
    inside = [name for name in services if name in contained]
    return status_script(services, disks, inside) + (sections(checks) if checks else "")


def state_seconds(services: Sequence[str]) -> int:
    """Return the limit of the whole script in seconds."""
    return SECONDS + ANSWER_SECONDS * len(services)


def read_state(output: str, services: Sequence[str]) -> BoardState | None:
    """Return what the script printed; None if nothing of it can be read."""
    try:
        readings = Readings.model_validate(read_status(output))
    except ValidationError:
        return None
    found = sections_of(output)
    if "board" in readings.errors and not readings.release:
        return None
    checked = {
        name: _checked(found[_section(number)])
        for number, name in enumerate(services)
        if _section(number) in found and not found[_section(number)].cut
    }
    return BoardState(readings=readings, checked=checked)


def _section(number: int) -> str:
    return f"service_{number}"


def _check(name: str) -> str:
    # The reason goes to the error stream, which a section does not keep.
    return (
        f"/usr/local/lib/jetfleet/ready {words([f'/etc/jetfleet/{name}/ready.json'])} --now 2>&1\n"
    )


def _checked(section: Section) -> Checked:
    if section.failed:
        return Checked(ok=False, reason=section.text.strip() or section.failed)
    try:
        return Checked(ok=True, answers=read_answers(section.text))
    except Refused as error:
        return Checked(ok=False, reason=str(error))
