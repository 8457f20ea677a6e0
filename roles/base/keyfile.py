"""The keyfile of a connection, as NetworkManager reads it.

https://networkmanager.dev/docs/api/latest/nm-settings-keyfile.html
"""

from __future__ import annotations

from ipaddress import ip_address, ip_interface
from typing import TYPE_CHECKING

from jetfleet.resources.network.device import uuid_of
from jetfleet.spec.secret import unreadable_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jetfleet.spec.network import Connection, Wifi
    from jetfleet.spec.secret import SecretRef

_PRIORITY = 100
"""Before the connections of other origin, which have 0."""


def keyfile(device: str, wanted: Connection, reveal: Callable[[SecretRef], str]) -> str:
    """Return the text of the keyfile for a device."""
    kind = "wifi" if wanted.wifi else "ethernet"
    sections = {
        "connection": [
            f"id=jetfleet-{device}",
            f"uuid={uuid_of(device)}",
            f"type={kind}",
            f"interface-name={device}",
            f"autoconnect-priority={_PRIORITY}",
            "autoconnect-retries=0",  # for ever: nobody is there to try again
        ],
        **(_wifi(wanted.wifi, reveal) if wanted.wifi else {"ethernet": []}),
        "ipv4": list(_family(wanted, 4)),
        "ipv6": list(_family(wanted, 6)),
    }
    return "\n".join(
        "".join(f"{line}\n" for line in [f"[{name}]", *lines]) for name, lines in sections.items()
    )


def _wifi(wanted: Wifi, reveal: Callable[[SecretRef], str]) -> dict[str, list[str]]:
    # As numbers: a name can have any character, and could look like such a list.
    ssid = "".join(f"{byte};" for byte in wanted.ssid.encode())
    sections = {"wifi": [f"ssid={ssid}", *(["hidden=true"] if wanted.hidden else [])]}
    if wanted.password is not None:
        psk = _escaped(reveal(wanted.password))
        sections["wifi-security"] = ["key-mgmt=wpa-psk", f"psk={psk}"]
    return sections


def _family(wanted: Connection, version: int) -> Iterable[str]:
    addresses = [one for one in wanted.addresses if ip_interface(one).version == version]
    gateways = [one for one in wanted.gateways if ip_address(one).version == version]
    servers = [one for one in wanted.dns if ip_address(one).version == version]
    yield f"method={'manual' if addresses else 'auto'}"
    yield from (f"address{number}={one}" for number, one in enumerate(addresses, 1))
    yield from (f"gateway={one}" for one in gateways)
    if servers:
        yield f"dns={''.join(f'{one};' for one in servers)}"


def _escaped(text: str) -> str:
    """Return a text as GLib reads it from a key file; a line end in it stays in its value."""
    if unreadable_in(text):
        return text  # nothing is written with it
    for char, written in {"\\": "\\\\", " ": "\\s", "\n": "\\n", "\r": "\\r", "\t": "\\t"}.items():
        text = text.replace(char, written)
    return text
