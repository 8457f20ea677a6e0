"""What rules are told of a service: one situation, or one for each entry of a repository."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jetfleet.catalog.option_table import plain_option
from jetfleet.catalog.situation import Situation
from jetfleet.spec.frozen import FrozenDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from jetfleet.spec.model import Service
    from jetfleet.spec.position import KeyPath
    from jetfleet.validate.subject import Subject


def situations(subject: Subject, service: Service) -> Iterator[tuple[KeyPath, Situation]]:
    """Yield what is known of a service, each with the path below the host that it is about."""
    path: KeyPath = ("services", service.name)
    if service.runtime == "triton":
        for name, entry in service.repository.items():
            inside = (*path, "repository", name)
            backends = frozenset({entry.backend})
            yield inside, _situation(subject, service, entry.model, entry.flags, backends)
        yield path, _situation(subject, service, None, service.flags, frozenset())
        return
    served = service.models if service.runtime == "ollama" else ()
    for model in (service.model, *served) if service.model or not served else served:
        yield path, _situation(subject, service, model, service.flags, frozenset())


def _situation(
    subject: Subject,
    service: Service,
    model: str | None,
    flags: Mapping[str, Any],
    backends: frozenset[str],
) -> Situation:
    image = subject.image(service)
    ref = service.image or (image.ref if image else None)
    built = subject.weights(model).architecture if model else None
    return Situation(
        soc=subject.module.soc,
        l4t=subject.l4t,
        runtime=service.runtime,
        engine=subject.engine(service),
        image=ref.tagged if ref and service.in_container else None,
        host=service.host,
        words=" ".join((service.entrypoint or "", *service.command)),
        architecture=built.names if built else (),
        quantisation=built.quantisation if built else None,
        backends=backends,
        options=FrozenDict({plain_option(name): _text(value) for name, value in flags.items()}),
        env=FrozenDict({name: str(value) for name, value in service.env.items()}),
    )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
