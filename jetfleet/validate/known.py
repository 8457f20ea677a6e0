"""Checks against the rules that are plain look-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.power import plain_mode
from jetfleet.catalog.rules import Rule, broken
from jetfleet.catalog.situation import Situation
from jetfleet.validate.situation import situations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.spec.model import Service
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem
    from jetfleet.validate.subject import Subject


def check_host_rules(subject: Subject) -> Iterator[Problem]:
    """Yield a problem for each rule that the board breaks with its power mode."""
    power = subject.host.power
    mode = plain_mode(power.mode) if power and power.mode else None
    situation = Situation(soc=subject.module.soc, l4t=subject.l4t, power=mode)
    for rule in broken(situation):
        yield _problem(subject, ("power", "mode"), rule)


def check_service_rules(subject: Subject, service: Service) -> Iterator[Problem]:
    """Yield a problem for each rule that a service breaks where it runs."""
    seen: set[KeyPath] = set()
    for path, situation in situations(subject, service):
        for rule in broken(situation):
            for inside in _inside(service, path, rule):
                if (rule.id, *inside) not in seen:
                    seen.add((rule.id, *inside))
                    yield _problem(subject, inside, rule)


def _inside(service: Service, path: KeyPath, rule: Rule) -> list[KeyPath]:
    """Return where in a service the breach shows itself."""
    when, top = rule.conditions, ("services", service.name)
    variables = {when.get("name"), when.get("env")}
    option = (when.get("option") or when.get("name") or "").lower().replace("_", "-")
    entry = service.repository.get(str(path[-1])) if len(path) > len(top) else None
    flags = entry.flags if entry else service.flags
    shown: list[KeyPath] = [(*top, "env", name) for name in service.env if name in variables]
    shown += [(*path, "flags", flag) for flag in flags if flag.lower().replace("_", "-") == option]
    if shown:
        return shown
    if "host" in when:
        return [(*top, "host")]
    if "words" in when:
        return [(*top, "command")]
    if "image" in when and "backend" not in when:
        return [(*top, "image")]
    return [(*path, "backend" if "backend" in when else "model")]


def _problem(subject: Subject, path: KeyPath, rule: Rule) -> Problem:
    return subject.problem(
        path, rule.sentence, "", rule.remedy, warning=not rule.refuse, rule=rule.id
    )
