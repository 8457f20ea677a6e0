"""From what a board says to its status: what differs from the spec, what is missing."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

from pydantic import ValidationError

from jetfleet.catalog.l4t import parse_nv_tegra_release
from jetfleet.errors import FleetError
from jetfleet.events.event import Difference
from jetfleet.events.interpret import read_host
from jetfleet.status.model import Disk, FleetStatus, HostStatus, Memory, ServiceStatus
from jetfleet.status.reading import Readings, ServiceReading
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.events.host import HostRun
    from jetfleet.fleet.fleet import Fleet
    from jetfleet.run.folder import Folder
    from jetfleet.spec.model import HostSpec


def fleet_status(fleet: Fleet, folder: Folder, *, interrupted: bool = False) -> FleetStatus:
    """Return the status of the hosts of a run, from its events.

    Raises
    ------
    FleetError
        The run ended before it tried to connect a host: there is no status of any.

    """
    about = folder.about
    found = [_host(fleet, folder, name, interrupted=interrupted) for name in about.hosts]
    at = datetime.fromtimestamp(about.began, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return FleetStatus(spec=about.spec, at=at, hosts=tuple(found))


def _host(fleet: Fleet, folder: Folder, name: str, *, interrupted: bool) -> HostStatus:
    login = fleet.workstation.hosts.get(name)
    host = fleet.spec.host(name)
    address = login.address if login else host.address
    run = read_host(folder.path, name)
    if run.readings is None and not run.unreachable and interrupted:
        return HostStatus(name=name, address=address, state="skipped", reason=_NO_ANSWER)
    if run.readings is None and run.state != "unreachable":
        said = folder.log("status").read_text(encoding="utf-8", errors="replace").strip()
        raise FleetError(f"pyinfra ended before it read {name}:\n{said[-2000:]}")
    return status_of(host, address, run)


_NO_ANSWER = "it had not answered when the status was interrupted: run again"


def status_of(host: HostSpec, address: str, run: HostRun) -> HostStatus:
    """Return the status of a board; ``refused`` if what it says of itself makes no sense."""
    about = HostStatus(name=host.name, address=address, state=run.state, reason=run.reason)
    if run.readings is None:
        return about
    try:
        readings = Readings.model_validate(run.readings)
    except ValidationError as error:
        first = error.errors()[0]
        where = printable(".".join(map(str, first["loc"])))
        reason = (
            f"what the board says of itself cannot be read ({where}: {first['msg']}): log in and "
            "look at it"
        )
        return about.model_copy(update={"state": "refused", "reason": reason})
    return _with_readings(about, host, run, readings)


def _with_readings(
    about: HostStatus, host: HostSpec, run: HostRun, readings: Readings
) -> HostStatus:
    services = _services(host, readings.services, run.services)
    lacking = _lacking(services)
    memory = readings.memory
    return HostStatus(
        name=about.name,
        address=about.address,
        state="changes" if lacking and about.state == "in-sync" else about.state,
        reason=about.reason,
        l4t=parse_nv_tegra_release(readings.release) or "",
        model=readings.model,
        uptime=readings.uptime,
        power_mode=readings.power_mode,
        clocks=readings.clocks,
        temperatures=readings.temperatures,
        throttling=readings.throttling,
        over_current=readings.over_current,
        memory=Memory.of(memory.total, memory.available) if memory else None,
        disks=tuple(
            Disk(path=path, mounted=disk.mounted, total=disk.total, free=disk.free)
            for path, disk in readings.disks.items()
        ),
        services=services,
        differences=(*run.differences, *lacking),
        unread=readings.errors,
        notes=run.notes,
    )


def _services(
    host: HostSpec, readings: Mapping[str, ServiceReading], roles: Mapping[str, str]
) -> tuple[ServiceStatus, ...]:
    """Return the services of the spec by their runtimes, and those of other roles by the role."""
    runtimes = {service.name: service.runtime for service in host.services}
    return tuple(
        _service(name, runtime, readings.get(name, ServiceReading()))
        for name, runtime in {**roles, **runtimes}.items()
    )


def _service(name: str, runtime: str, said: ServiceReading) -> ServiceStatus:
    return ServiceStatus(
        name=name,
        runtime=runtime,
        active=said.active,
        models=said.ids,
        lacks=_lacks(said.wants, said.ids),
        uptime=said.uptime,
        restarts=said.restarts,
        reason=said.reason,
    )


def _lacks(wants: Sequence[str], ids: Sequence[str] | None) -> tuple[str, ...]:
    # Ollama lists a model without a tag under the tag that it stands for.
    have = {name.removesuffix(":latest") for name in ids or ()}
    return tuple(one for one in wants if one.removesuffix(":latest") not in have)


def _lacking(services: Sequence[ServiceStatus]) -> list[Difference]:
    """Return differences that only the server's API shows: no answer, or other models."""
    found = []
    for service in services:
        if service.active != "active":
            continue  # the plan says so already
        if service.models is None:
            sentence = f"{service.name} is active and does not answer: {service.reason}"
        elif service.lacks:
            have = ", ".join(service.models) or "nothing"
            sentence = f"{service.name} serves {have}, not {', '.join(service.lacks)}"
        else:
            continue
        found.append(
            Difference(resource=f"service:{service.name}", attribute="models", sentence=sentence)
        )
    return found
