"""Checks against the pairs of things that are known not to go together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.known_bad import KnownBad, Situation, known_bad
from jetfleet.catalog.power import plain_mode
from jetfleet.validate.limits import plain_flags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.spec.model import Service
    from jetfleet.spec.place import Path
    from jetfleet.spec.problem import Problem
    from jetfleet.validate.subject import Subject


def check_host_pairs(subject: Subject) -> Iterator[Problem]:
    """Yield a problem for each known-bad pair that lies in the board and its power mode."""
    power = subject.host.power
    mode = plain_mode(power.mode) if power and power.mode else None
    situation = Situation(soc=subject.module.soc, l4t=subject.l4t, power=mode)
    for pair in known_bad(situation):
        yield _problem(subject, ("power", "mode"), pair)


def check_service_pairs(subject: Subject, service: Service) -> Iterator[Problem]:
    """Yield a problem for each known-bad pair that lies in a service and where it runs."""
    image, model = subject.image(service), subject.spec.models.get(service.model or "")
    situation = Situation(
        soc=subject.module.soc,
        l4t=subject.l4t,
        vllm=image.vllm if image else None,
        image=service.image or (image.ref if image else None),
        model=model.source if model else None,
        options={name: str(value) for name, value in plain_flags(service).items()},
        env=frozenset(service.env),
    )
    for pair in known_bad(situation):
        for inside in _inside(service, pair):
            yield _problem(subject, ("services", service.name, *inside), pair)


def _inside(service: Service, pair: KnownBad) -> list[Path]:
    """Return where in a service the pair shows itself."""
    when = pair.when
    variables = {when.get("name"), when.get("env")}
    option = (when.get("option") or when.get("name") or "").lower().replace("_", "-")
    shown: list[Path] = [("env", name) for name in service.env if name in variables]
    shown += [("flags", flag) for flag in service.flags if flag.lower().replace("_", "-") == option]
    return shown or [("image",) if "image" in when else ("model",)]


def _problem(subject: Subject, path: Path, pair: KnownBad) -> Problem:
    remedy = f"{pair.remedy} (see {pair.link})"
    return subject.problem(path, pair.sentence, "", remedy, warning=not pair.refuse)
