"""From what a board said to its status: what the spec wants, what differs, what is missing."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from jetfleet import rows
from jetfleet.catalog.l4t import parse_nv_tegra_release
from jetfleet.errors import FleetError
from jetfleet.status.model import (
    ClockReading,
    Difference,
    Disk,
    FleetStatus,
    HostStatus,
    Memory,
    ServiceStatus,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.fleet import Fleet
    from jetfleet.run.folder import Folder
    from jetfleet.spec.model import HostSpec


def fleet_status(fleet: Fleet, folder: Folder) -> FleetStatus:
    """Return the status of the hosts of a run, from the rows that it left.

    Raises
    ------
    FleetError
        The run ended before it had tried to reach a host: nothing can be said of any.

    """
    about = folder.about
    found = [_host(fleet, folder, name) for name in about.hosts]
    at = datetime.fromtimestamp(about.began, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    return FleetStatus(spec=about.spec, at=at, hosts=tuple(found))


def _host(fleet: Fleet, folder: Folder, name: str) -> HostStatus:
    host = fleet.spec.host(name)
    login = fleet.workstation.hosts.get(name)
    address = login.address if login else host.address
    for row in rows.read(folder.path, name):
        if row["outcome"] == "status":
            return status_of(host, address, row)
        if row["outcome"] == "unreachable":
            return unreachable(host, address, row["reason"])
    said = folder.log("status").read_text(encoding="utf-8", errors="replace").strip()
    raise FleetError(f"pyinfra ended before it had looked at {name}:\n{said[-2000:]}")


def unreachable(host: HostSpec, address: str, reason: str) -> HostStatus:
    """Return the status of a board that did not answer."""
    return HostStatus(name=host.name, address=address, state="unreachable", reason=reason)


def status_of(host: HostSpec, address: str, said: Mapping[str, Any]) -> HostStatus:
    """Return the status of a board from the row that its survey left in the run folder.

    Parameters
    ----------
    said:
        ``readings`` as `jetfleet.status.ask.read` gives them, ``differences`` as rows of a plan,
        and ``reason`` if the survey as a whole failed.

    """
    readings = said["readings"]
    memory = readings.get("memory")
    services = _services(host, readings.get("services", {}), said.get("services", {}))
    differences = [Difference.model_validate(row) for row in said["differences"]]
    differences += _lacking(services)
    reason = said.get("reason", "")
    return HostStatus(
        name=host.name,
        address=address,
        state="differs" if differences or reason else "converged",
        reason=reason,
        l4t=parse_nv_tegra_release(readings.get("release", "")) or "",
        model=readings.get("model", ""),
        uptime=readings.get("uptime"),
        power_mode=readings.get("power_mode"),
        clocks=ClockReading.model_validate(readings["clocks"]) if "clocks" in readings else None,
        temperatures=readings.get("temperatures", {}),
        throttling=tuple(readings.get("throttling", ())),
        over_current=readings.get("over_current", {}),
        memory=Memory.of(memory["total"], memory["available"]) if memory else None,
        disks=tuple(Disk(path=path, **disk) for path, disk in readings.get("disks", {}).items()),
        services=services,
        differences=tuple(differences),
        unread=readings.get("errors", {}),
    )


def _services(
    host: HostSpec, readings: Mapping[str, Any], roles: Mapping[str, str]
) -> tuple[ServiceStatus, ...]:
    """Return the services of the spec by their runtimes, and those of other roles by the role."""
    runtimes = {service.name: service.runtime for service in host.services}
    found = []
    for name, runtime in {**roles, **runtimes}.items():
        said = readings.get(name, {})
        ids = said.get("ids")
        found.append(
            ServiceStatus(
                name=name,
                runtime=runtime,
                active=said.get("active", "unknown"),
                models=None if ids is None else tuple(ids),
                lacks=_lacks(said.get("wants", ()), ids),
                uptime=said.get("uptime"),
                restarts=said.get("restarts", 0),
                reason=said.get("reason", ""),
            )
        )
    return tuple(found)


def _lacks(wants: Sequence[str], ids: Sequence[str] | None) -> tuple[str, ...]:
    # Ollama lists a model without a tag under the tag that it stands for.
    have = {name.removesuffix(":latest") for name in ids or ()}
    return tuple(one for one in wants if one.removesuffix(":latest") not in have)


def _lacking(services: Sequence[ServiceStatus]) -> list[Difference]:
    """Return what only a question to the server itself shows: it is up, and is not what it was."""
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
