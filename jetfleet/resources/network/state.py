"""Network devices as NetworkManager shows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.resources.base import Unreadable
from jetfleet.steps import Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jetfleet.resources.file import FileState

BEGIN = "-- devices"

# By their names: the connections have names that people gave them. The manual of nmcli(1) has the
# fields; a message of it is in the language of the session.
SURVEY = f"""echo '{BEGIN}'
if command -v nmcli >/dev/null; then
  LC_ALL=C timeout 20 nmcli -t -f DEVICE,STATE,CON-UUID device status 2>&1 || echo "nmcli ended"
else
  echo "no nmcli"
fi
"""

_FIELDS = 3
_STOPPED = "NetworkManager is not running"


@dataclass(frozen=True)
class Device:
    """A device: its state, such as ``connected``, and the UUID of its connection if it has one."""

    state: str
    connection: str


@dataclass(frozen=True)
class NetworkState:
    """A connection's file, and the devices of the board.

    Parameters
    ----------
    file:
        What its path holds.
    devices:
        Devices by name.
    refusal:
        Why NetworkManager shows no device; empty if it does.

    """

    file: FileState | None
    devices: Mapping[str, Device]
    refusal: str = ""

    def device(self, name: str) -> Device:
        """Return a device; raise `Refused` if NetworkManager has none that it manages."""
        if self.refusal:
            raise Refused(self.refusal)
        found = self.devices.get(name)
        if found is None:
            known = ", ".join(sorted(self.devices.keys() - {"lo"})) or "none"
            raise Refused(
                f"the board has no network device {name}: it has {known}; write one of these "
                "under `network`"
            )
        if found.state == "unmanaged":
            raise Refused(
                f"NetworkManager does not manage {name}: another program does; look at "
                f"`nmcli -f GENERAL.REASON device show {name}` and /etc/network/interfaces"
            )
        return found


def read_devices(text: str) -> tuple[dict[str, Device], str]:
    """Return the devices that `SURVEY` printed, and why it did not show them."""
    lines = [line for line in text.splitlines() if line.strip()]
    if "no nmcli" in lines:
        return {}, (
            "the board has no NetworkManager: install it (`apt-get install network-manager`), or "
            "remove `network` from the spec"
        )
    if any(_STOPPED in line for line in lines):
        return {}, (
            "NetworkManager does not run: start it with `systemctl enable --now NetworkManager`, "
            "and run again"
        )
    devices: dict[str, Device] = {}
    for line in lines:
        fields = line.split(":")
        if len(fields) != _FIELDS:
            raise Unreadable(f"nmcli has shown a device in an unknown form: {line[:80]!r}")
        devices[fields[0]] = Device(fields[1], fields[2])
    return devices, ""
