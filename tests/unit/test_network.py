"""The keyfile of a connection: what NetworkManager reads, whatever a name or a password has."""

from __future__ import annotations

from pathlib import Path

import pytest

from jetfleet.resources import File, Network, RunOptions
from jetfleet.resources.network import NetworkState
from jetfleet.resources.network.network import uuid_of
from jetfleet.resources.network.state import Device
from jetfleet.roles.base.keyfile import keyfile
from jetfleet.spec.network import Connection
from jetfleet.spec.secret import unreadable
from jetfleet.steps import LinkResolver, Refused
from tests.support.cases import links
from tests.support.rendered import ROLES, ROOT, fleet


def text(wanted: dict[str, object], password: str = "") -> str:
    return keyfile("eth0", Connection.model_validate(wanted), lambda _: password)


def test_static_addresses_of_both_families() -> None:
    wanted = {
        "addresses": ["192.0.2.13/24", "192.0.2.14/24", "2001:DB8:0::13/64"],
        "gateways": ["192.0.2.1", "fe80::1"],
        "dns": ["192.0.2.53", "2001:db8::53"],
    }
    assert (
        text(wanted)
        == f"""[connection]
id=jetfleet-eth0
uuid={uuid_of("eth0")}
type=ethernet
interface-name=eth0
autoconnect-priority=100
autoconnect-retries=0

[ethernet]

[ipv4]
method=manual
address1=192.0.2.13/24
address2=192.0.2.14/24
gateway=192.0.2.1
dns=192.0.2.53;

[ipv6]
method=manual
address1=2001:db8::13/64
gateway=fe80::1
dns=2001:db8::53;
"""
    )


def test_without_static_addresses_they_come_from_the_network() -> None:
    assert text({}).count("method=auto") == 2


@pytest.mark.parametrize("ssid", ["Lab", "Büro 5 GHz", "65;66;", "[wifi]", "a=b;#c\\", "日本語"])
def test_a_name_of_a_network_can_have_any_character(ssid: str) -> None:
    line = next(
        one for one in text({"wifi": {"ssid": ssid}}).splitlines() if one.startswith("ssid=")
    )
    numbers = line.removeprefix("ssid=").rstrip(";").split(";")
    assert bytes(map(int, numbers)).decode() == ssid


@pytest.mark.parametrize(
    ("password", "written"),
    [
        ("plain-canary", "plain-canary"),
        (" blank canary ", "\\sblank\\scanary\\s"),
        ("back\\canary", "back\\\\canary"),
        ("canary\n[ipv4]\nmethod=disabled", "canary\\n[ipv4]\\nmethod=disabled"),
    ],
)
def test_a_password_stays_one_value(password: str, written: str) -> None:
    wanted = {"wifi": {"ssid": "Lab", "password": {"env": "WIFI"}, "hidden": True}}
    found = text(wanted, password)
    assert f"psk={written}\n" in found
    assert "hidden=true\n" in found
    assert found.count("[ipv4]\n") == 1


@pytest.mark.parametrize(
    "addresses", [["0.0.0.0/8"], ["127.0.0.1/8"], ["224.0.0.1/4"], ["192.0.2.255/24"], ["::/64"]]
)
def test_an_address_that_no_board_has_is_refused(addresses: list[str]) -> None:
    with pytest.raises(ValueError, match="address"):
        Connection.model_validate({"addresses": addresses})


def test_a_link_of_two_addresses_has_both() -> None:
    assert Connection.model_validate({"addresses": ["192.0.2.0/31"]}).addresses


def _spec(folder: Path, network: str) -> Path:
    lab = (ROOT / "inventory/lab.yaml").read_text(encoding="utf-8")
    (folder / "lab.yaml").write_text(
        lab.replace("\n  nano:\n", f"\n  nano:\n    network: {network}\n")
    )
    return folder / "lab.yaml"


def test_each_device_of_a_host_is_a_resource(tmp_path: Path) -> None:
    spec = _spec(tmp_path, "{eth0: {addresses: [192.0.2.13/24]}, wlan0: {wifi: {ssid: Lab}}}")
    found = fleet(spec).wanted(ROLES).resources("nano")
    eth0, wlan0 = found["network:eth0"], found["network:wlan0"]
    assert isinstance(eth0, Network)
    assert eth0.addresses == ("192.0.2.13",)
    assert "type=wifi" in next(iter(wlan0.texts.values()))


def test_a_password_is_nowhere_but_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WIFI", "canary-of-wifi")
    spec = _spec(tmp_path, "{wlan0: {wifi: {ssid: Lab, password: {env: WIFI}}}}")
    one = fleet(spec).wanted(ROLES).resources("nano")["network:wlan0"]
    assert "canary-of-wifi" in next(iter(one.texts.values()))
    assert "canary" not in str({n: a.shown for n, a in one.attributes.items()})
    state = NetworkState(None, {"wlan0": Device("disconnected", "")})
    changes = one.compare(state, RunOptions(diff=True))
    assert changes
    assert "canary" not in repr(changes)


def test_without_its_password_a_connection_is_not_made() -> None:
    reveal = unreadable("the environment variable WIFI has no secret")
    wanted = Connection.model_validate({"wifi": {"ssid": "Lab", "password": {"env": "WIFI"}}})
    one = Network("wlan0", keyfile("wlan0", wanted, lambda _: reveal), secret=True)
    state = NetworkState(None, {"wlan0": Device("disconnected", "")})
    with pytest.raises(Refused, match="needs a secret: the environment variable WIFI has no"):
        next(one.steps(state, one.compare(state, RunOptions()), RunOptions(), LinkResolver(links)))


def test_the_script_of_a_change_finds_its_connection_by_device() -> None:
    one = Network("eth0", "[connection]\n", addresses=("192.0.2.13",))
    state = NetworkState(None, {"eth0": Device("connected", "old-uuid")})
    arm = next(
        one.steps(state, one.compare(state, RunOptions()), RunOptions(), LinkResolver(links))
    )
    script = getattr(arm, "script", "")
    assert "nmcli -w 25 connection up uuid old-uuid ifname eth0 ||" in script
    assert f"connection up uuid {uuid_of('eth0')} ifname eth0" in script
    assert isinstance(one.file, File)
    assert one.file.mode == "600"
