"""Checks of numbers that the parser of a server takes and its engine refuses."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeGuard

from jetfleet.catalog.option_value import whole_number
from jetfleet.spec.format_value import format_value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.options import OptionGroup
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.problem import Problem

_RANGE = "option-range"


def check_above_zero(subject: Subject, group: OptionGroup, name: str) -> Iterator[Problem]:
    """Yield a problem if the number of an option is 0 or below."""
    number = whole_number(group.written.get(name))
    if number is not None and number <= 0:
        expected = "a number above 0"
        yield subject.problem(group.at(name), str(number), expected, "choose one", rule=_RANGE)


def check_share(
    subject: Subject, group: OptionGroup, name: str, remedy: str, *, whole: bool
) -> Iterator[Problem]:
    """Yield a problem if an option for a share of memory is out of range.

    Parameters
    ----------
    remedy:
        What to write instead.
    whole:
        Whether 1, all of the memory, is in range.

    """
    share = group.written.get(name)
    if _is_number(share) and not (0 < share < 1 or (whole and share == 1)):
        expected = f"a share above 0 and {'at most' if whole else 'below'} 1"
        yield subject.problem(group.at(name), format_value(share), expected, remedy, rule=_RANGE)


def check_context(subject: Subject, group: OptionGroup, name: str) -> Iterator[Problem]:
    """Yield a problem for a context that the model was not made for, where that is known."""
    most = subject.weights(group.model).architecture.context if group.model else None
    context = whole_number(group.written.get(name))
    if most is None or context is None or context <= most:
        return
    found, expected = f"a context of {context} tokens", f"at most the {most} that"
    expected += f" {group.model} was made for"
    path = group.at(name)
    yield subject.problem(path, found, expected, "lower it", rule="context-beyond-model")


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
