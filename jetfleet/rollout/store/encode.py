"""Events and rollouts as JSON, and back: what is read is checked against its type."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from jetfleet.errors import FleetError
from jetfleet.rollout.events import KINDS
from jetfleet.rollout.rollout import Rollout
from jetfleet.text import read_object

if TYPE_CHECKING:
    from jetfleet.rollout.events import Event


_ADAPTERS: dict[Any, TypeAdapter[Any]] = {}


def _adapter(of: type[Any]) -> TypeAdapter[Any]:
    if of not in _ADAPTERS:
        _ADAPTERS[of] = TypeAdapter(of)
    return _ADAPTERS[of]


def event_data(event: Event) -> str:
    """Return everything of an event but its time and kind, as JSON."""
    plain = _adapter(type(event)).dump_python(event, mode="json")
    del plain["at"]
    return json.dumps(plain, ensure_ascii=True, separators=(",", ":"))


def read_event(kind: str, at: float, data: str) -> Event:
    """Return an event; raise `FleetError` if this version does not know it."""
    if kind not in KINDS:
        raise FleetError(
            f"the rollout has an event {kind!r}, which this version of jetfleet does not know: "
            "use the version that began it"
        )
    try:
        event: Event = _adapter(KINDS[kind]).validate_python({**read_object(data), "at": at})
    except (ValueError, TypeError, ValidationError) as error:
        raise FleetError(f"an event {kind!r} of the rollout is damaged: restore a copy") from error
    return event


def rollout_data(rollout: Rollout) -> str:
    """Return a rollout as JSON."""
    return _adapter(Rollout).dump_json(rollout).decode()


def read_rollout(data: str) -> Rollout:
    """Return a rollout from its JSON; raise `FleetError` if it cannot be read."""
    try:
        rollout: Rollout = _adapter(Rollout).validate_json(data)
    except ValidationError as error:
        raise FleetError("the rollout's record is damaged: restore a copy of the file") from error
    return rollout
