"""What took time in a rollout, from its events: tasks on hosts, and the gates of waves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.rollout import events

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True)
class Span:
    """What one task did with one host, or with the gates of a wave, which have no host.

    Parameters
    ----------
    ended:
        Seconds since 1970; None while it is in flight.
    outcome:
        How it ended; of gates the worst of what was read.

    """

    wave: int
    purpose: events.Purpose
    host: str
    began: float
    ended: float | None = None
    outcome: str = ""


def spans(happened: Iterable[events.Event]) -> list[Span]:
    """Return the spans in the order in which they began."""
    return sorted(_spans(happened), key=lambda one: one.began)


def _spans(happened: Iterable[events.Event]) -> Iterator[Span]:
    open_: dict[str, Span] = {}
    for event in happened:
        if isinstance(event, events.Sent):
            for host in ("",) if event.purpose == "probe" else event.hosts:
                if host in open_:
                    yield open_.pop(host)
                key = host or f"gates {event.wave}"
                open_[key] = Span(event.wave, event.purpose, host, event.at)
        elif isinstance(event, events.Done | events.Marked) and event.host in open_:
            yield _ended(open_.pop(event.host), event.at, event.outcome)
        elif isinstance(event, events.Judged) and f"gates {event.wave}" in open_:
            yield _ended(open_.pop(f"gates {event.wave}"), event.at, event.verdict)
    yield from open_.values()


def _ended(span: Span, at: float, outcome: str) -> Span:
    return Span(span.wave, span.purpose, span.host, span.began, at, outcome)
