"""Freeze a rollout file and a spec to a rollout: what it will do is certain from then on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.rollout.classes import class_of
from jetfleet.rollout.membership import Group, members
from jetfleet.rollout.rollout import (
    HERE,
    Budgets,
    Deadlines,
    DownAtOnce,
    Gate,
    Member,
    Rollout,
    Site,
    Wave,
    Window,
)
from jetfleet.rollout.spec.check import selected
from jetfleet.rollout.spec.window import days_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.rollout.spec import window
    from jetfleet.rollout.spec.document import RolloutFile
    from jetfleet.spec.load import Spec

_PER_SITE = " per site"


@dataclass(frozen=True)
class Identity:
    """What a rollout is of.

    Parameters
    ----------
    id:
        Its name: unique, and part of the ids of its tasks.
    plan:
        SHA-256 of the plan.
    fleet:
        The spec's place, by which rollouts of one fleet exclude each other.
    commit:
        The commit of the spec; empty if there is no repository.

    """

    id: str
    plan: str
    fleet: str
    commit: str = ""


def freeze(file: RolloutFile, spec: Spec, identity: Identity) -> Rollout:
    """Return the rollout; raise `FleetError` if its waves cannot be formed."""
    classes = {host.name: class_of(host) for host in spec.hosts}
    groups = members(file, spec, identity.id, classes)
    site_of = {
        host: name for name, site in file.sites.items() for host in selected(spec, site.hosts)
    }
    hosts = {
        host.name: Member(
            host.name, site_of.get(host.name, HERE), classes[host.name], tuple(host.groups)
        )
        for host in spec.hosts
    }
    return Rollout(
        id=identity.id,
        plan=identity.plan,
        fleet=identity.fleet,
        commit=identity.commit,
        waves=tuple(_wave(file, spec, group) for group in groups),
        hosts=hosts,
        sites=_sites(file, {member.site for member in hosts.values()}),
        at_once=file.limits.at_once.fleet,
        down=tuple(_down(group, text) for group, text in file.limits.down_at_once.items()),
        stage=file.stage == "ahead",
        deadline=Deadlines(**file.deadline.model_dump()),
        budgets=Budgets(
            canary=file.failed.canary,
            wave=file.failed.wave,
            at_least=file.failed.at_least,
            unreachable=file.unreachable.wave,
            quorum=file.quorum,
        ),
        rollback=file.rollback,
        catch_up_every=file.catch_up.every,
        catch_up_within=file.catch_up.within,
        bandwidth=file.limits.bandwidth.fleet,
    )


def _wave(file: RolloutFile, spec: Spec, group: Group) -> Wave:
    # A canary that the file does not name is judged like the first wave.
    like = file.waves[0] if group.inserted else group.of
    serves = {service.name for name in group.hosts for service in spec.host(name).services}
    # A service that none of its hosts has cannot be measured there.
    gates = tuple(
        Gate(gate.name, gate.settings, gate.measured)
        for gate in file.gates_of(like.gate)
        if gate.settings.get("service", next(iter(serves), None)) in {*serves, None}
    )
    return Wave(
        name=group.name,
        hosts=group.hosts,
        gates=gates,
        soak=like.soak or 0,
        person=like.then == "person",
        canary=group.canary,
    )


def _sites(file: RolloutFile, used: set[str]) -> dict[str, Site]:
    found = {}
    for name in sorted(used):
        site = file.sites.get(name)
        found[name] = Site(
            name,
            at_once=(site and site.at_once) or file.limits.at_once.site,
            worker=bool(site and site.worker),
            windows=_windows((site and site.window) or file.window),
            bandwidth=(site and site.bandwidth) or file.limits.bandwidth.site,
        )
    return found


def _windows(windows: Sequence[window.Window]) -> tuple[Window, ...]:
    return tuple(
        Window(
            one.zone,
            tuple(sorted(days_in(one.days) or ())),
            _minutes(one.opens),
            _minutes(one.closes),
        )
        for one in windows
    )


def _minutes(text: str) -> int:
    hours, _, minutes = text.partition(":")
    return int(hours) * 60 + int(minutes)


def _down(group: str, text: str) -> DownAtOnce:
    count = int(text.removesuffix(_PER_SITE))
    return DownAtOnce(group.removeprefix("group:"), count, per_site=text.endswith(_PER_SITE))
