"""Stand-ins for what boards talk to: an image registry, model hubs, and servers in its images.

A supervisor calls `prepare` once, starts what `commands` returns, and waits with `wait_ready`.
"""

from __future__ import annotations

from twins.standins.ca import ca_file
from twins.standins.command import Command
from twins.standins.hubs.process import control_url, endpoints, log_file
from twins.standins.keys import secrets_of
from twins.standins.names import HUB_NAMES, REGISTRIES, REGISTRY_NAMES
from twins.standins.start import DEBIAN_PACKAGES, commands, prepare, wait_ready

__all__ = [
    "DEBIAN_PACKAGES",
    "HUB_NAMES",
    "REGISTRIES",
    "REGISTRY_NAMES",
    "Command",
    "ca_file",
    "commands",
    "control_url",
    "endpoints",
    "log_file",
    "prepare",
    "secrets_of",
    "wait_ready",
]
