"""What was decided and said in a rollout, line by line, with who and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.rollout import events
from jetfleet.text import format_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jetfleet.rollout.state import State


@dataclass(frozen=True)
class Line:
    """One thing that was decided or said, `after` seconds from the begin."""

    after: float
    what: str
    by: str
    why: str


def log_of(state: State, happened: Sequence[events.Event], began: float) -> tuple[Line, ...]:
    """Return decisions and words in their order; what single hosts did is not among them."""
    names = [wave.name for wave in state.waves]
    found = []
    for event in happened:
        for what, by, why in _said(event, names):
            found.append(Line(event.at - began, what, by, why))
    return tuple(found)


def _said(event: events.Event, names: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    if isinstance(event, events.Opened):
        yield "a controller took it up", event.by, ""
    elif isinstance(event, events.Rebuilt):
        yield "rebuilt from its boards, whose gates are read again", event.by, ""
    elif isinstance(event, events.Judged):
        name = names[event.wave] if 0 <= event.wave < len(names) else str(event.wave)
        yield f"wave {name}: {event.verdict}", event.by, event.why
    elif isinstance(event, events.Halted):
        yield "halted", event.by, event.why
    elif isinstance(event, events.CatchUp):
        yield f"catch-up of {format_count(len(event.hosts), 'host')}", event.by, ""
    elif isinstance(event, events.Retried):
        yield "the wave is tried again", event.by, event.reason
    elif isinstance(event, events.Ended):
        yield f"ended: {event.how}", "", event.why
    elif isinstance(event, events.Paused | events.Resumed | events.Aborted):
        yield event.kind, event.by, event.reason
