"""The HTTP proxy of the Docker engine, which it has from variables of its unit."""

from __future__ import annotations

from jetfleet.resources.daemon.restart import CONFIG
from jetfleet.resources.daemon.state import parsed
from jetfleet.steps import Refused


def check_proxies(config: str | None, proxy: str | None) -> None:
    """Raise `Refused` for a daemon.json with proxies of its own beside a proxy of the spec.

    dockerd takes those of daemon.json instead of the variables:
    https://docs.docker.com/engine/daemon/proxy/.
    """
    if proxy is not None and parsed(config).get("proxies"):
        raise Refused(
            f"{CONFIG} has `proxies`, which Docker takes instead of the `proxy` of the spec: "
            "remove them there, or `proxy` from the spec"
        )


def start_of(
    settings: str | None, proxy: str | None, *, wanted: str | None
) -> str | list[str | None] | None:
    """Return what a daemon is started with besides its drop-in: settings, and proxy if it has one.

    `wanted` is the `proxy` of the resource. While its password cannot be read, nothing is known to
    differ.
    """
    return settings if wanted is None else [settings, proxy if wanted else wanted]
