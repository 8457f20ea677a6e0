"""What a rollout costs and cannot take back, as sentences for a review."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Clocks, Model, PowerMode
from jetfleet.rollout.gates.judge import asks_for_floor
from jetfleet.text import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.plan.model import HostPlan, Plan
    from jetfleet.rollout.here.reviewed import Reviewed
    from jetfleet.rollout.rollout import Rollout, Site, Wave

_TOUCHES = {PowerMode.kind: "the power mode", Clocks.kind: "the clocks", Model.kind: "the model"}
"""What decides the speed of a service, as `gates.key.changed` names it, by kind of resource."""
_BITS = 8
_MINUTE = 60


def notes(
    rollout: Rollout, reviewed: Reviewed, plan: Plan, *, images_limited: bool = True
) -> Iterator[str]:
    """Yield bytes and minutes by site, what is not reached, has no way back, or has no baseline.

    `images_limited` tells whether images come in a way that a rate can hold for.
    """
    for site in rollout.sites.values():
        yield from _fetched(rollout, reviewed, site)
    limited = rollout.bandwidth or any(site.bandwidth for site in rollout.sites.values())
    pulls = any(key.startswith("image:") for one in reviewed.hosts for key in one.resources or ())
    if limited and pulls and not images_limited:
        yield (
            "the bandwidth holds for models alone: the engine pulls images as fast as it can, "
            "unless the spec has `limits: {rate: …}`"
        )
    by_reason: dict[str, list[str]] = {}
    for one in reviewed.hosts:
        if one.state in {"unreachable", "refused", "skipped"}:
            by_reason.setdefault(f"{one.state} now ({one.reason})", []).append(one.host)
    for host, reason in no_way_back(rollout, reviewed).items():
        by_reason.setdefault(f"no way back ({reason})", []).append(host)
    for reason, hosts in by_reason.items():
        yield f"{reason}: {', '.join(hosts)}"
    yield from _floors(rollout, {one.host: one for one in plan.hosts})


def no_way_back(rollout: Rollout, reviewed: Reviewed) -> dict[str, str]:
    """Return why hosts that change could not be taken back, if the rollout takes anything back.

    A host that was not reached is not among them: nobody knows what changes on it.
    """
    if rollout.rollback == "none":
        return {}
    return {
        one.host: one.no_way_back
        for one in reviewed.hosts
        if one.state == "changes" and one.no_way_back
    }


def _fetched(rollout: Rollout, reviewed: Reviewed, site: Site) -> Iterator[str]:
    hosts = [one for one in reviewed.hosts if rollout.hosts[one.host].site == site.name]
    changes = sum(one.state == "changes" for one in hosts)
    internet, lan = sum(one.internet for one in hosts), sum(one.lan for one in hosts)
    said = f"{site.name}: {format_count(changes, 'host')} with changes"
    if internet or lan:
        said += f", {format_bytes(internet)} over the internet, {format_bytes(lan)} over the LAN"
    if site.bandwidth and (internet or lan):
        minutes = -(-(internet + lan) * _BITS // (site.bandwidth * _MINUTE))
        said += f", at least {minutes} min at {site.bandwidth / 1e6:g} Mbit/s"
    yield said


def _floors(rollout: Rollout, plans: dict[str, HostPlan]) -> Iterator[str]:
    for wave in rollout.waves:
        for gate in wave.gates:
            if not gate.measured:
                continue
            touched = _touched(wave, plans, f"service:{gate.settings['service']}")
            for sentence in asks_for_floor([gate], touched):
                yield f"wave {wave.name}: {sentence}"


def _touched(wave: Wave, plans: dict[str, HostPlan], service: str) -> list[str]:
    """Return what the change touches of the hosts that have the service, each once."""
    found: dict[str, None] = {}
    for name in wave.hosts:
        planned = plans.get(name)
        if planned is None:
            continue
        changing = [one.resource for one in planned.resources]
        if service in {*changing, *planned.in_sync}:
            kinds = (key.partition(":")[0] for key in changing)
            found.update({_TOUCHES[kind]: None for kind in kinds if kind in _TOUCHES})
    return list(found)
