"""How a host is reached: its network, its SSH server, and sudo."""

from __future__ import annotations

from ipaddress import ip_interface
from typing import TYPE_CHECKING

from jetfleet.resources import Access, Network, Resources
from jetfleet.resources.access import SSHD, SUDOERS
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
    files = {
        SSHD: [f"{name} {value}" for name, value in host.sshd.items()],
        SUDOERS: list(host.sudoers),
    }
    return [
        Access(path, "".join(f"{line}\n" for line in lines))
        for path, lines in files.items()
        if lines
    ]
