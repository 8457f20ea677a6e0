"""A plan, from the events of a dry run of pyinfra."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from jetfleet.events.event import Effects
from jetfleet.events.interpret import read_host
from jetfleet.plan.model import Disk, HostPlan, Plan, Planned, Waived
from jetfleet.plan.outage import outages

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.events.host import HostRun, ResourceRun
    from jetfleet.run.folder import Folder


def read_plan(
    folder: Folder,
    data: Sequence[str],
    waived: Mapping[str, Sequence[Waived]],
    sizes: Mapping[str, Mapping[str, int]],
) -> Plan:
    """Return the plan of a run.

    Parameters
    ----------
    folder:
        Of the run; a host without events is skipped.
    waived:
        Waived rules by host.
    sizes:
        Bytes that each service of a host loads when it starts, by host and service.

    """
    about = folder.about
    return Plan(
        command="drift" if about.command == "drift" else "plan",
        made=datetime.fromtimestamp(about.began, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        spec=about.spec,
        deploy=about.deploy,
        commit=about.commit,
        data=tuple(data),
        hosts=tuple(
            host_plan(_planned_run(folder, name), waived.get(name, ()), sizes.get(name, {}))
            for name in about.hosts
        ),
    )


def _planned_run(folder: Folder, name: str) -> HostRun:
    return read_host(folder.path, name, lambda phase: phase == "plan")


def host_plan(
    run: HostRun, waived: Sequence[Waived] = (), sizes: Mapping[str, int] | None = None
) -> HostPlan:
    """Return the plan of one host from its dry run; the rest as of `read_plan`."""
    sizes = sizes or {}
    planned = tuple(_planned(one) for one in run.resources.values() if one.outcome == "changes")
    survey = run.survey
    about = HostPlan(host=run.name, state=run.state, reason=run.reason, waived=tuple(waived))
    if survey is None:
        return about
    # Behind a refusal nothing was compared.
    compared = run.state in {"in-sync", "changes"}
    cost = {
        "internet": sum(one.effects.internet for one in planned),
        "lan": sum(one.effects.lan for one in planned),
        "nvme": _disk([one.effects for one in planned if one.effects.mount], survey.free),
        "restarts": outages(planned, survey.ready_seconds, sizes),
        "stops": tuple(name for one in planned for name in one.effects.stops),
        "reboots": _reboots(planned, ""),
        "waits": _reboots(planned, "reboot"),
    }
    found = {
        "survey": survey.survey,
        "fixed": survey.fixed,
        "desired": survey.desired,
        "applied": survey.applied,
        "rollout": survey.rollout,
        "attempt": survey.attempt,
        "taken_commit": survey.taken_commit,
        "resources": planned,
        "notes": run.notes,
        "in_sync": tuple(
            one.key for one in run.resources.values() if compared and one.outcome == "in-sync"
        ),
    }
    return about.model_copy(update={**found, **cost})


def _planned(one: ResourceRun) -> Planned:
    return Planned(
        resource=one.key,
        title=one.title,
        role=one.role,
        cause=one.cause,
        changes=one.changes,
        effects=one.effects or Effects(),
    )


def _reboots(planned: Sequence[Planned], waits_for: str) -> tuple[str, ...]:
    effects = (one.effects for one in planned)
    return tuple(e.reboot for e in effects if e.reboot and e.waits_for == waits_for)


def _disk(effects: Sequence[Effects], free: int | None) -> Disk:
    """Add up one after the other, as the resources are changed."""
    held = peak = 0
    for one in effects:
        peak = max(peak, held + one.peak)
        held += one.final
    return Disk(peak=max(peak, held, 0), final=held, free=free)
