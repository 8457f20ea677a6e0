"""The network of a fleet of twins: a bridge that leads nowhere else, and its addresses."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

from jetfleet.errors import FleetError
from twins.standins.names import HUB_NAMES, REGISTRY_NAMES

_FIRST_HOST = 11
FLEETS = 200
HOSTS = 240


@dataclass(frozen=True)
class Network:
    """The names and addresses of fleet `number` (0 to 199)."""

    number: int

    @property
    def bridge(self) -> str:
        """The bridge's name, `jf0`."""
        return f"jf{self.number}"

    @property
    def gateway(self) -> str:
        """The workstation's own address on the bridge."""
        return self._address(1)

    @property
    def registry(self) -> str:
        """The address of the image registry; its port is 443."""
        return self._address(2)

    @property
    def hubs(self) -> str:
        """The address of the model hubs; their port is 443."""
        return self._address(3)

    def host(self, place: int) -> str:
        """Return the address of the host that stands at `place` (0 to 239) in its fleet."""
        return self._address(_FIRST_HOST + place)

    def machine(self, address: str) -> str:
        """Return the name under which systemd-nspawn runs the twin with this address.

        It is short, because nspawn cuts long names of network interfaces.
        """
        return f"{self.bridge}-{address.rpartition('.')[2]}"

    def unplug(self, address: str) -> None:
        """Remove the network interface that an earlier boot of a twin left behind, if it did.

        The interface lasts as long as its network namespace, which the kernel removes some time
        after the last process in it ended; nspawn does not start while the name is in use.
        """
        wire = f"vb-{self.machine(address)}"
        if Path("/sys/class/net", wire).exists():
            subprocess.run(["ip", "link", "delete", wire], capture_output=True, check=False)

    def names(self) -> dict[str, str]:
        """Return the addresses for a twin's /etc/hosts, by name."""
        return dict.fromkeys(REGISTRY_NAMES, self.registry) | dict.fromkeys(HUB_NAMES, self.hubs)

    def up(self) -> None:
        """Make the bridge, with the workstation's addresses on it."""
        # Without IPv6 there is no delay for the detection of duplicate addresses.
        _ip("link", "add", self.bridge, "type", "bridge", "forward_delay", "0", "stp_state", "0")
        for address in (self.gateway, self.registry, self.hubs):
            _ip("address", "add", f"{address}/24", "dev", self.bridge, "scope", "link")
        _ip("link", "set", self.bridge, "addrgenmode", "none", "up")

    def down(self) -> None:
        """Remove the bridge, if it exists."""
        if self.exists():
            _ip("link", "delete", self.bridge)

    def exists(self) -> bool:
        """Return whether the workstation has this bridge."""
        argv = ["ip", "link", "show", "dev", self.bridge]
        return subprocess.run(argv, capture_output=True, check=False).returncode == 0

    def _address(self, last: int) -> str:
        return f"10.231.{self.number}.{last}"


def _ip(*arguments: str) -> None:
    argv = ["ip", *arguments]
    result = subprocess.run(argv, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise FleetError(
            f"`{' '.join(argv)}` failed: {result.stderr.strip()}; "
            "twins need root and a kernel with bridges and veth."
        )
