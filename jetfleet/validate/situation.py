"""What rules know of a service: one situation for each of its models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.situation import Situation
from jetfleet.runtimes.registry import runtime_of
from jetfleet.spec.frozen import FrozenDict

if TYPE_CHECKING:
    from jetfleet.runtimes.options import OptionGroup
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.service import Service


def situation(subject: Subject, service: Service, group: OptionGroup) -> Situation:
    """Return what is known of a service with one group of its options and their model."""
    image = subject.image(service)
    ref = service.image or (image.ref if image else None)
    built = subject.weights(group.model).architecture if group.model else None
    words = (getattr(service, "entrypoint", None) or "", *getattr(service, "command", ()))
    return Situation(
        soc=subject.module.soc,
        l4t=subject.l4t,
        runtime=service.runtime,
        engine=runtime_of(service).engine_of(subject, service),
        image=ref.tagged if ref and service.in_container else None,
        host=service.host,
        words=" ".join(words),
        architecture=built.names if built else (),
        quantisation=built.quantisation if built else None,
        backends=frozenset({group.backend} if group.backend else ()),
        options=FrozenDict({name: _text(value) for name, value in group.written.items()}),
        env=FrozenDict({name: str(value) for name, value in service.env.items()}),
    )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
