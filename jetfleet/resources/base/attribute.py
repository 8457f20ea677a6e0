"""An attribute of a resource: what is compared, and how people read it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

ABSENT = "absent"
"""What a plan and a difference say on the side that lacks something."""

_LONG_HASH = re.compile(r"(sha256:)?[0-9a-f]{64}")
_DIGITS = 12


@dataclass(frozen=True)
class Attribute:
    """One attribute, as it is desired or as a board has it.

    Two are equal if `value` and `beside` are.

    Parameters
    ----------
    value:
        A JSON value; host.json shows it.
    text:
        How people read the value; left out, `shown` makes it.
    beside:
        What is compared too, but never shown, written or hashed: the hash of a secret, or of files
        that may hold one.
    lines:
        The text that the value is a hash of: a difference shows its lines.
    reviewed:
        Whether a rendering and a difference show it. False for what is the same for every resource
        of the kind, and for parts of another attribute.
    follows:
        Whether it follows from other resources and so differs between hosts on which the same
        changes: a difference says only that it is another.

    """

    value: Any
    text: str = field(default="", compare=False)
    beside: Any = field(default=None, repr=False)
    lines: str | None = field(default=None, compare=False, repr=False)
    reviewed: bool = field(default=True, compare=False)
    follows: bool = field(default=False, compare=False)

    @property
    def shown(self) -> str:
        """The value as people read it; of a sha256 the first twelve digits."""
        if self.text:
            return self.text
        if not isinstance(self.value, str):
            return json.dumps(self.value, ensure_ascii=False)
        if _LONG_HASH.fullmatch(self.value):
            return self.value[: self.value.find(":") + 1 + _DIGITS]
        return self.value


MISSING = Attribute(None, ABSENT, beside=ABSENT)
"""What is not there at all; equal to no value that can be desired."""

Attributes = Mapping[str, Attribute | str]
"""Attributes by name, in the order in which a plan names them; a plain text is its own value."""


@cache
def constant(value: str) -> Attribute:
    """Return an attribute that is the same for every resource of its kind."""
    return Attribute(value, reviewed=False)


def yes_or_no(value: bool) -> str:  # noqa: FBT001 - a name for each value
    """Return a condition as an attribute's text."""
    return "yes" if value else "no"


def attributes(named: Attributes) -> dict[str, Attribute]:
    """Return all of them as `Attribute`."""
    return {n: Attribute(one) if isinstance(one, str) else one for n, one in named.items()}
