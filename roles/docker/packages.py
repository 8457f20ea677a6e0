"""The packages of Docker on a host, and the pins that keep their versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.docker_packages import ENGINES, TOOLKIT
from jetfleet.catalog.rules import broken
from jetfleet.catalog.situation import Situation
from jetfleet.resources import DockerPackages, File
from jetfleet.resources.daemon.engine import RAW_TABLE_RULE
from jetfleet.template import render

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput
    from jetfleet.spec.model import Docker, HostSpec

PINS = "/etc/apt/preferences.d/jetfleet-docker"
_OF_ENGINE = "docker.io docker-ce docker-ce-cli docker-ce-rootless-extras"
_OF_TOOLKIT = "nvidia-container-toolkit* libnvidia-container*"


def packages(inputs: RoleInput, docker: Docker) -> Resources:
    """Return what apt installs for Docker, and the pins.

    What `apt.packages` names is left to it.
    """
    host, wanted = inputs.host, docker.install
    of_apt = host.apt.packages if host.apt else {}
    named = {name for name, one in of_apt.items() if one != "absent"}
    toolkit = wanted.toolkit or ("" if docker.default_runtime == "nvidia" else "never")
    resource = DockerPackages(
        engine="never" if named & {*ENGINES} else wanted.engine or "",
        version=wanted.version or "",
        toolkit="never" if TOOLKIT in named else toolkit,
        soc=inputs.module.soc,
        waived=frozenset(host.waive),
        raw_table=uses_raw_table(host) and docker.raw_table != "skip",
        sources=any(path.startswith("/etc/apt/") for path in host.files),
    )
    pins = list(_pins(inputs, docker, resource))
    return [resource, *([File(PINS, render("docker", PINS, pins=pins))] if pins else [])]


def uses_raw_table(host: HostSpec) -> bool:
    """Tell whether services publish ports of containers, for which Docker 28 uses that table."""
    return any(service.publishes for service in host.services)


def _pins(
    inputs: RoleInput, docker: Docker, resource: DockerPackages
) -> Iterator[dict[str, str | int]]:
    """Yield what apt must keep, or must not install."""
    if resource.engine != "never" and resource.version:
        yield _pin(_OF_ENGINE, resource.version)
    elif resource.raw_table and docker.daemon.get("iptables") is not False:
        situation = Situation(soc=inputs.module.soc, l4t=inputs.l4t, docker="28.0.0")
        rules = {rule.id for rule in broken(situation)} - {*inputs.host.waive}
        if RAW_TABLE_RULE in rules:
            yield {
                "reason": "this kernel lacks iptables' raw table, which Docker 28 and later needs",
                "packages": _OF_ENGINE,
                "version": "/^([0-9]+:)?(2[89]|[3-9][0-9])\\./",
                "priority": -1,
            }
    if resource.toolkit not in {"", "never"}:
        yield _pin(_OF_TOOLKIT, resource.toolkit)


def _pin(names: str, version: str) -> dict[str, str | int]:
    """Return the pin of a version, with any epoch; a later one is replaced by it."""
    begins = version.removesuffix("*").replace("+", r"\+").replace(".", r"\.")
    end = "" if version.endswith("*") else "$"
    return {
        "reason": "the spec names this version",
        "packages": names,
        "version": f"/^([0-9]+:)?{begins}{end}/",
        "priority": 1001,
    }
