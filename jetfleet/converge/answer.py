"""What a ready model answered, and how fast: in words for a person, in figures for the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jetfleet.steps import Refused
from jetfleet.text import UnreadableJson, format_bytes, read_object

if TYPE_CHECKING:
    from collections.abc import Iterator


Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_PLACE = ("memory_bytes", "gpu_share")


class _Read(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


class Answer(_Read):
    """One generation of a model, or one inference with zeros.

    Parameters
    ----------
    outputs:
        What an inference made, such as ``scores FP32[1, 1000]``; empty for a generation.
    doubts:
        Sentences of what is doubtful in the answer, none of which makes the service fail.
    load_seconds:
        Seconds that the server needed to load the model; None if it does not say.
    memory_bytes, gpu_share:
        Bytes of the model in memory, and the part of them on the GPU; None if it does not say.
    first_token_seconds:
        None where the server answers all at once.
    image:
        The answer to a request with a picture, of a model that sees.

    """

    model: str = ""
    text: str
    tokens: int = Field(ge=0)
    seconds: Seconds
    first_token_seconds: Seconds | None = None
    load_seconds: Seconds | None = None
    memory_bytes: int | None = Field(default=None, ge=0)
    gpu_share: float | None = Field(default=None, ge=0, le=1)
    outputs: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    image: Answer | None = None

    @property
    def sentence(self) -> str:
        """What the model said and how fast, and the same of the picture that it was shown."""
        figures = ", ".join(self._measured())
        if self.text:
            said = f"says {self.text!r} ({figures})"
        elif self.outputs:
            said = f"answers {', '.join(self.outputs)} ({figures})"
        else:
            said = "is ready"
        said += "".join(f"; but {doubt}" for doubt in self.doubts)
        return f"{said}; of a picture it {self.image.sentence}" if self.image else said

    def _measured(self) -> Iterator[str]:
        """Yield each figure with its unit: load, first token, tokens a second, memory."""
        if self.load_seconds is not None:
            yield f"loaded in {self.load_seconds:.2f} s"
        if self.first_token_seconds is not None:
            yield f"first token after {self.first_token_seconds:.2f} s"
        yield f"{self.tokens_per_second:.1f} tokens/s" if self.text else f"{self.seconds:.2f} s"
        if self.memory_bytes is not None:
            yield format_bytes(self.memory_bytes)
        if self.gpu_share is not None:
            yield f"{int(self.gpu_share * 100)} % on the GPU"

    @property
    def figures(self) -> dict[str, Any]:
        """Model, tokens, seconds, first_token_seconds and tokens_per_second.

        An inference with zeros has no tokens. load_seconds, memory_bytes, gpu_share, outputs and
        doubts are there if they are known.
        Under ``image`` are the same figures of a request with a picture.
        """
        known = {name: getattr(self, name) for name in ("load_seconds", *_PLACE)}
        known |= {"outputs": list(self.outputs), "doubts": list(self.doubts)}
        row: dict[str, Any] = {"model": self.model} if self.model else {}
        if self.text:
            row["tokens"] = self.tokens
        row["seconds"] = self.seconds
        if self.text:
            row["first_token_seconds"] = self.first_token_seconds
            row["tokens_per_second"] = self.tokens_per_second
        row |= {name: value for name, value in known.items() if value not in (None, [])}
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
