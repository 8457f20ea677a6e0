"""What a ready model answered, and how fast: in words for a person, in figures for the record."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jetfleet.steps import Refused
from jetfleet.text import UnreadableJson, read_object


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Answer(_Read):
    """One generation of a model.

    Parameters
    ----------
    first_token_seconds:
        None where the server answers all at once.
    image:
        The answer to a request with a picture, of a model that sees.

    """

    model: str = ""
    text: str
    tokens: int = Field(ge=0)
    seconds: float = Field(ge=0, allow_inf_nan=False)
    first_token_seconds: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    image: Answer | None = None

    @property
    def sentence(self) -> str:
        """What the model said and how fast, and the same of the picture that it was shown."""
        first = self.first_token_seconds
        after = "" if first is None else f"first token after {first:.2f} s, "
        said = f"says {self.text!r} ({after}{self.tokens_per_second:.1f} tokens/s)"
        return f"{said}; of a picture it {self.image.sentence}" if self.image else said

    @property
    def figures(self) -> dict[str, Any]:
        """Model, tokens, seconds, first_token_seconds and tokens_per_second.

        Under ``image`` are the same figures of a request with a picture.
        """
        row: dict[str, Any] = {"model": self.model} if self.model else {}
        row |= {name: getattr(self, name) for name in ("tokens", "seconds", "first_token_seconds")}
        row["tokens_per_second"] = self.tokens_per_second
        return row | ({"image": self.image.figures} if self.image else {})

    @property
    def tokens_per_second(self) -> float:
        """The tokens a second after the first one, or of all if the first was not seen alone."""
        first = self.first_token_seconds
        if first is not None and self.tokens > 1 and self.seconds > first:
            return (self.tokens - 1) / (self.seconds - first)
        return self.tokens / self.seconds if self.seconds else 0.0


class _Answers(_Read):
    answers: tuple[Answer, ...]


def read_answers(output: str) -> tuple[Answer, ...]:
    """Return what `jetfleet/board/ready.py` printed last: an answer of each model.

    Raises
    ------
    Refused
        Its last line is not such an answer.

    """
    line = (output.strip().splitlines() or [""])[-1]
    try:
        return _Answers.model_validate(read_object(line)).answers
    except UnreadableJson as error:
        reason = str(error)
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    raise Refused(
        f"the answer of the models cannot be read ({reason}): look at the server's log with "
        "`journalctl -u jetfleet-*` on the board"
    )
