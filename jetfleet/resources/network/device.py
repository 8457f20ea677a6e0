"""The connection that jetfleet makes for a network device: its keyfile, its UUID, and its undo."""

from __future__ import annotations

import uuid

from jetfleet.steps.shell import words

CONNECTIONS = "/etc/NetworkManager/system-connections"
"""The folder of the keyfiles of NetworkManager."""

UP_SECONDS = 30
"""The longest that a device may take to get its addresses."""


def uuid_of(device: str) -> str:
    """Return the UUID of the connection that jetfleet makes for a device."""
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, f"{device}.jetfleet"))


def keyfile_of(device: str) -> str:
    """Return the path of the keyfile that jetfleet writes for a device."""
    return f"{CONNECTIONS}/jetfleet-{device}.nmconnection"


def reconnect(device: str, connection: str) -> str:
    """Script that has a device use a connection again, or another one if that fails.

    Parameters
    ----------
    connection:
        Its UUID; empty for the one that NetworkManager prefers.

    """
    name = words([device])
    again = f"nmcli -w 25 connection up uuid {words([connection])} ifname {name} ||\n  "
    return f"""systemctl start NetworkManager.service
nmcli connection reload
{again if connection else ""}nmcli -w 25 device connect {name}
"""
