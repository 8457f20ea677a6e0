"""What a run of pyinfra is to read of a board for the gates of its wave."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Measure(_Frozen):
    """A service to measure: requests, tokens of each answer, and seconds to wait for other load."""

    service: str
    requests: int
    tokens: int = 64
    wait: int = 30


class Question(_Frozen):
    """What is read of one board, in this order, and nothing is changed.

    Parameters
    ----------
    state:
        What it says of itself, with an answer of each of its services.
    compares:
        What differs from the spec, in the round trip of the state.

    """

    state: bool = True
    compares: bool = False
    measures: tuple[Measure, ...] = ()


_BY_HOST = TypeAdapter(dict[str, Question])


def questions_text(questions: Mapping[str, Question]) -> bytes:
    """Return the questions of a run, by host, as JSON."""
    return _BY_HOST.dump_json(dict(questions))


def read_questions(path: Path) -> dict[str, Question]:
    """Return the questions of a file; `FleetError` if it cannot be read."""
    try:
        return _BY_HOST.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise FleetError(
            f"{path} has no questions for boards: only a task of a rollout runs this deploy"
        ) from error
