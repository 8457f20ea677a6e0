"""Errors of a field: what was expected, and what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

if TYPE_CHECKING:
    from collections.abc import Iterable

InvalidAt = tuple[tuple[str | int, ...], PydanticCustomError]


def invalid(expected: str, remedy: str, found: str | None = None) -> PydanticCustomError:
    """Return the error that a validator raises.

    `expected` and `remedy` complete the sentence "found X, expected …; …". `found` replaces X, for
    values that must not be printed.
    """
    # The texts are context, not the template: they may contain braces.
    context = {"expected": expected, "remedy": remedy, "found": found}
    return PydanticCustomError("refused", "{expected}; {remedy}", context)


def raise_invalid(refused: Iterable[InvalidAt]) -> None:
    """Raise one error for all of `refused`, each with its path in the value; return if empty."""
    details = [InitErrorDetails(type=error, loc=path, input=None) for path, error in refused]
    if details:
        raise ValidationError.from_exception_data("refused", details)
