"""Prepare the stand-ins of a fleet, list what to start, and wait until they answer."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import requests

from jetfleet.errors import FleetError
from twins.standins import ca, direct, keys
from twins.standins.hubs import process as hubs
from twins.standins.hubs.content import models
from twins.standins.registry import process as registry
from twins.standins.registry.publish import publish

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from twins.standins.command import Command

# mmdebstrap fetches the packages of the images; the keyring is for a Debian archive on Ubuntu.
DEBIAN_PACKAGES = ("debian-archive-keyring", "docker-registry", "mmdebstrap")
_POLL_SECONDS = 0.05


def prepare(cache_dir: Path) -> dict[str, str]:
    """Make the authority, the images and the models, each once; return image digests by reference.

    Takes seconds the first time only. Raises `FleetError`.
    """
    ca.ca_file(cache_dir)
    models.publish(cache_dir)
    return publish(cache_dir)


def commands(  # noqa: PLR0913 - each has one meaning, and most have a default
    fleet_dir: Path,
    cache_dir: Path,
    registry_ip: str,
    hubs_ip: str,
    *,
    ports: tuple[int, int] = (443, 443),
    sizes: Mapping[str, int] | None = None,
) -> list[Command]:
    """Return what to start for a fleet, after `prepare`; makes its certificate and its keys.

    `ports`: of registry and hubs. `sizes`: weight bytes of models by target, for tests.
    """
    leaf = ca.leaf(cache_dir, fleet_dir, (registry_ip, hubs_ip))
    keys.secrets_of(fleet_dir)
    at_registry, at_hubs = f"{registry_ip}:{ports[0]}", f"{hubs_ip}:{ports[1]}"
    return [
        registry.command(fleet_dir, cache_dir, at_registry, leaf),
        hubs.command(fleet_dir, cache_dir, at_hubs, leaf, sizes),
    ]


def wait_ready(
    cache_dir: Path,
    registry_ip: str,
    hubs_ip: str,
    *,
    ports: tuple[int, int] = (443, 443),
    seconds: float = 120.0,
) -> None:
    """Return when both answer over TLS; `FleetError` names the one that does not in time."""
    end = time.monotonic() + seconds
    with direct.session(ca.ca_file(cache_dir)) as session:
        for name, ip, port, path in (
            ("registry", registry_ip, ports[0], "/v2/"),
            ("hubs", hubs_ip, ports[1], "/v2/products"),
        ):
            url = f"https://{ip}:{port}{path}"
            while not _answers(session, url):
                if time.monotonic() > end:
                    raise FleetError(
                        f"The stand-in {name} did not answer at {url} within {seconds:.0f} s; "
                        "see its log in the folder of the fleet."
                    )
                time.sleep(_POLL_SECONDS)


def _answers(session: requests.Session, url: str) -> bool:
    try:
        return session.get(url, timeout=2).ok
    except requests.RequestException:
        return False
