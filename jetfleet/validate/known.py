"""Checks against the rules that are plain look-ups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.power import plain_mode
from jetfleet.catalog.rules import Rule, broken
from jetfleet.catalog.situation import Situation
from jetfleet.runtimes.registry import runtime_of
from jetfleet.validate.situation import situation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.runtimes.options import OptionGroup
    from jetfleet.runtimes.subject import Subject
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem
    from jetfleet.spec.service import Service


def check_host_rules(subject: Subject) -> Iterator[Problem]:
    """Yield a problem for each rule that the board breaks with its release and power mode."""
    power = subject.host.power
    mode = plain_mode(power.mode) if power and power.mode else None
    for rule in broken(Situation(soc=subject.module.soc, l4t=subject.l4t, power=mode)):
        release = ("l4t",) if subject.host.l4t else ("jetpack",)
        path = ("power", "mode") if "power" in rule.conditions else release
        yield _problem(subject, path, rule)


def check_service_rules(subject: Subject, service: Service) -> Iterator[Problem]:
    """Yield a problem for each rule that a service breaks where it runs."""
    seen: set[KeyPath] = set()
    for group in runtime_of(service).option_groups(service):
        for rule in broken(situation(subject, service, group)):
            for path in _paths(service, group, rule):
                if (rule.id, *path) not in seen:
                    seen.add((rule.id, *path))
                    yield _problem(subject, path, rule)


def _paths(service: Service, group: OptionGroup, rule: Rule) -> list[KeyPath]:
    """Return where a service breaks a rule: at the keys that the rule names and it has written."""
    top = ("services", service.name)
    paths: list[KeyPath] = []
    for key in rule.keys:
        if key == "env":
            paths += [(*top, key, name) for name in service.env if name in rule.variables]
        elif key == "flags":
            paths += [group.at(name) for name in group.written if name.lower() == rule.option]
        elif key in _OF_GROUP:
            paths.append((*group.owner, key))
        else:
            paths.append((*top, key))
    return paths


_OF_GROUP = {"backend", "model"}


def _problem(subject: Subject, path: KeyPath, rule: Rule) -> Problem:
    return subject.problem(
        path, rule.sentence, "", rule.remedy, warning=not rule.refuse, rule=rule.id
    )
