"""How a host is reached: its network, its SSH server, and sudo."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import TYPE_CHECKING

from jetfleet.resources import Access, Network, Resources
from jetfleet.resources.access import SSHD
from jetfleet.role.sudo_rules import sudo_rules
from jetfleet.roles.base.keyfile import keyfile

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput
    from jetfleet.spec.model import HostSpec


def connections(inputs: RoleInput) -> Resources:
    """Return the connection of each network device of a host."""
    return [
        Network(
            device,
            keyfile(device, wanted, inputs.reveal),
            secret=bool(wanted.wifi and wanted.wifi.password),
            addresses=tuple(str(ip_interface(one).ip) for one in wanted.addresses),
        )
        for device, wanted in inputs.host.network.items()
    ]


def access(host: HostSpec) -> Resources:
    """Return the settings of a host's SSH server, and its rules of sudo."""
    settings = "".join(f"{name} {value}\n" for name, value in host.sshd.items())
    return [*([Access(SSHD, settings)] if settings else []), *sudo_rules(host)]
