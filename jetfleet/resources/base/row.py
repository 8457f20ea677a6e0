"""A line of JSON that a program on a board printed, in the form that its reader expects."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from jetfleet.resources.base.resource import Unreadable
from jetfleet.text import UnreadableJson, read_object


class Row(BaseModel):
    """The keys that are read, with their types; others are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True, defer_build=True)


R = TypeVar("R", bound=Row)


def read_row(form: type[R], line: str, what: str) -> R:
    """Return a line in this form; raise `Unreadable`, which names the key, for another form.

    `what` is what the line describes, such as ``an image``.
    """
    try:
        return form.model_validate(read_object(line))
    except UnreadableJson as error:
        reason = str(error)
    except ValidationError as error:
        first = error.errors()[0]
        reason = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
    raise Unreadable(f"the board describes {what} in an unknown form ({reason})")
