"""Rules that a spec lets not hold, each with a reason: where they count, and which are of use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.catalog.rules import rules
from jetfleet.runtimes.subject import HostInSpec
from jetfleet.spec.suggest import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jetfleet.spec.load import Spec
    from jetfleet.spec.position import KeyPath
    from jetfleet.spec.problem import Problem


@dataclass(frozen=True)
class Waiver:
    """A rule that does not hold on a host, or for one of its services, and why."""

    host: str
    service: str | None
    rule: str
    reason: str

    @property
    def path(self) -> KeyPath:
        """Where it stands below the host."""
        inside = ("services", self.service) if self.service else ()
        return (*inside, "waive", self.rule)


def waivers(spec: Spec) -> tuple[Waiver, ...]:
    """Return every waiver of a spec, host by host, for people to see."""
    return tuple(
        Waiver(host.name, service, rule, reason)
        for host in spec.hosts
        for service, waived in (
            (None, host.waive),
            *((service.name, service.waive) for service in host.services),
        )
        for rule, reason in waived.items()
    )


def apply_waivers(spec: Spec, problems: Iterable[Problem], *, locked: bool) -> Iterator[Problem]:
    """Yield the problems that are not waived, and one for each waiver that is wrong or idle.

    A waiver is idle if its rule holds wherever it was written for; rules that only the board or,
    where nothing is `locked`, the lock can tell are given the benefit of the doubt.
    """
    written = waivers(spec)
    by_rule: dict[tuple[str, str], list[Waiver]] = {}
    for waiver in written:
        by_rule.setdefault((waiver.host, waiver.rule), []).append(waiver)
    used: set[Waiver] = set()
    for problem in problems:
        about = by_rule.get((problem.host or "", problem.rule or ""), ())
        covering = [waiver for waiver in about if waiver.service in {None, problem.service}]
        used.update(covering)
        if not covering:
            yield problem
    hosts = {host.name: HostInSpec(spec, host) for host in spec.hosts}
    places = {w: spec.places.written(("hosts", w.host, *w.path)) for w in written}
    in_use = {(places[waiver].place, waiver.rule) for waiver in used}
    for waiver in written:
        if waiver.rule not in rules():
            found, remedy = f"the unknown rule {waiver.rule}", did_you_mean(waiver.rule, rules())
            expected = "a rule that `jetfleet explain` lists"
            yield hosts[waiver.host].problem(waiver.path, found, expected, remedy)
        elif not waiver.reason.strip():
            expected, remedy = "a reason, which plans show", "write why the rule is waived"
            yield hosts[waiver.host].problem(waiver.path, "no reason", expected, remedy)
        elif (places[waiver].place, waiver.rule) not in in_use and _can_tell(waiver.rule, locked):
            found = f"a waiver of {waiver.rule}, which nothing here breaks"
            expected, remedy = "waivers of rules that are broken", "remove it"
            path = waiver.path
            yield hosts[waiver.host].problem(path, found, expected, remedy, warning=True)


def _can_tell(rule: str, locked: bool) -> bool:  # noqa: FBT001 - the one thing it depends on
    at = rules()[rule].at
    return at == "spec" or (at == "lock" and locked)
