"""Changes of a resource, as events have them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.events.event import AttributeChange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jetfleet.resources import Change


def changes_of(changes: Iterable[Change]) -> tuple[AttributeChange, ...]:
    """Return the changes of a resource for an event."""
    return tuple(
        AttributeChange(
            attribute=one.attribute,
            have=one.have,
            want=one.want,
            sentence=one.sentence,
            waits_for=one.waits_for,
            diff=one.diff,
        )
        for one in changes
    )
