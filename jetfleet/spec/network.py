"""The network connections of a host, each by the device that it uses."""

# ruff: noqa: TC001 - pydantic reads the annotations at run time
from __future__ import annotations

from ipaddress import IPv4Network, ip_address, ip_interface
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from jetfleet.spec.frozen import SpecModel, freeze
from jetfleet.spec.invalid import InvalidAt, invalid, raise_invalid
from jetfleet.spec.secret import Secret
from jetfleet.spec.text import Flag, FreeText, pattern

_LINK = 2
"""RFC 3021: in a network of two addresses, both are of hosts."""

_SSID_BYTES = 32
"""IEEE 802.11: the longest name of a network."""


def _interface(text: str) -> str:
    expected = "an address with the length of its prefix, such as 192.0.2.13/24"
    if "/" not in text:
        raise invalid(expected, f"write {text}/24, or the length that your network has")
    try:
        found = ip_interface(text)
    except ValueError as error:
        raise invalid(expected, "write an IPv4 or IPv6 address") from error
    address, network = found.ip, found.network
    if address.is_multicast or address.is_unspecified or address.is_loopback:
        raise invalid(expected, "write an address that a board can have")
    has_ends = isinstance(network, IPv4Network) and network.num_addresses > _LINK
    if has_ends and address in {network.network_address, network.broadcast_address}:
        raise invalid(expected, "write an address inside the network, not its first or last one")
    return str(found)


def _address(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError as error:
        raise invalid("an IP address", "write it without prefix or port") from error


def _ssid(text: str) -> str:
    if not 1 <= len(text.encode()) <= _SSID_BYTES:
        raise invalid("a name of 1 to 32 bytes", "write it as `nmcli device wifi list` shows it")
    return text


Interface = Annotated[str, AfterValidator(_interface)]
IpAddress = Annotated[str, AfterValidator(_address)]
Ssid = Annotated[FreeText, AfterValidator(_ssid)]
NetworkDevice = Annotated[
    str,
    pattern(
        r"(?!lo$)[A-Za-z0-9][A-Za-z0-9._-]{0,14}",
        "the name of a network device, such as eth0",
        "write it as `nmcli device` shows it on the board",
    ),
]


class Wifi(SpecModel):
    """A Wi-Fi network and its password."""

    ssid: Ssid = Field(description="the name of the Wi-Fi network")
    password: Secret | None = Field(
        default=None, description="a reference to its WPA password; left out, it is open"
    )
    hidden: Flag = Field(default=False, description="whether the network does not send its name")


class Connection(SpecModel):
    """The connection of one network device; a change that cuts the board off undoes itself."""

    addresses: tuple[Interface, ...] = Field(
        default=(),
        description="a list of static addresses with their prefix, such as 192.0.2.13/24; for a "
        "family without one they come from the network (DHCP)",
    )
    gateways: tuple[IpAddress, ...] = Field(
        default=(), description="a list of gateways, one for each family of static addresses"
    )
    dns: tuple[IpAddress, ...] = Field(
        default=(), description="a list of DNS servers; static addresses have no other ones"
    )
    wifi: Wifi | None = Field(default=None, description="the Wi-Fi network of a wireless device")

    @field_validator("gateways")
    @classmethod
    def _inside(cls, gateways: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        addresses = info.data.get("addresses")
        if addresses is not None:
            raise_invalid(_wrong(gateways, addresses))
        return gateways


def _wrong(gateways: tuple[str, ...], addresses: tuple[str, ...]) -> list[InvalidAt]:
    """Return an error for each gateway that no static address reaches, or that is a second one."""
    own = [ip_interface(one) for one in addresses]
    wrong: list[InvalidAt] = []
    seen: set[int] = set()
    for at, text in enumerate(gateways):
        gateway = ip_address(text)
        local = gateway.is_link_local
        reached = any(gateway in one.network for one in own if one.version == gateway.version)
        if gateway.version in seen:
            expected = "one gateway for each family"
            wrong.append(((at,), invalid(expected, "keep the one that leads out")))
        elif not reached and not local:
            expected = "an address in the network of one of `addresses`"
            wrong.append(((at,), invalid(expected, "correct it, or the prefix of the address")))
        seen.add(gateway.version)
    return wrong


Connections = Annotated[dict[NetworkDevice, Connection], AfterValidator(freeze)]
