"""Model servers: each a systemd unit that runs a container and is active only when it is ready."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import File, Resources
from jetfleet.template import render
from roles.serving import vllm

if TYPE_CHECKING:
    from jetfleet.given import Given

READY = "/usr/local/lib/jetfleet/ready"


def desired(given: Given) -> Resources:
    """Return the services of a host with their files."""
    if not given.host.services:
        return []
    wanted: Resources = [File(READY, render("serving", READY), mode="755")]
    for service in given.host.services:
        wanted += vllm.desired(given, service)
    return wanted
