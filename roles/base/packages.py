"""Packages of a host, their pins, and the apt source that they come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import AptSource, File, Package, PackageAbsent, PackageVersion
from jetfleet.template import render

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput

PINS = "/etc/apt/preferences.d/jetfleet"
_EXPORTER = "prometheus-node-exporter"


def packages(inputs: RoleInput) -> Resources:
    """Return what apt must have on a host with `apt`, and what other keys need of it."""
    host = inputs.host
    needed = {
        "locales": host.locale not in {None, "C.UTF-8"},
        "tzdata": host.timezone is not None,
        "systemd-timesyncd": bool(host.clock and host.clock.ntp),
        _EXPORTER: bool(host.monitoring and host.monitoring.node_exporter),
        "ca-certificates": bool(host.certificates),
        "python3-venv": bool(host.monitoring and host.monitoring.jtop),
    }
    wanted = {name: "installed" for name, one in needed.items() if one}
    wanted |= host.apt.packages if host.apt else {}
    resources: Resources = [AptSource(inputs.l4t)] if host.apt else []
    pins: dict[str, str] = {}
    for name, want in wanted.items():
        if want == "installed":
            resources.append(Package(name))
        elif want == "absent":
            resources.append(PackageAbsent(name))
        else:
            resources.append(PackageVersion(name, want))
            pins[name] = want
    if pins:
        resources.append(File(PINS, render("base", PINS, pins=pins)))
    return resources
