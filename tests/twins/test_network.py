"""A change of the network that cuts a board off is undone by the board, within two minutes."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lab import (
    Lab,
    Spec,
    changes_in,
    errors,
    lasting,
    no_reboot,
    recorded_base,
    until,
)
from tests.support.lab_cli import Jetfleet

DEPLOY = "deploys/base.py"
DROP_IN = "/etc/ssh/sshd_config.d/00-jetfleet.conf"
KEYFILE = "/etc/NetworkManager/system-connections/jetfleet-host0.nmconnection"
WIRED = "/etc/NetworkManager/system-connections/wired.nmconnection"
RECORD = "/var/lib/jetfleet/applied.json"
CLOSED = 9
"""A port that nothing listens at."""

LIMIT = 120
"""Seconds until a board is reachable again."""

# The board's own connection, with a name that says nothing: it must be found by its device.
AS_FLASHED = """set -eu
apt-get install -y --no-install-recommends network-manager >/dev/null 2>&1
printf '[device-host0]\\nmatch-device=interface-name:host0\\nmanaged=1\\n' \\
  > /etc/NetworkManager/conf.d/twin.conf
umask 077
cat > /etc/NetworkManager/system-connections/wired.nmconnection <<END
[connection]
id=Wired connection 1
uuid=6698616f-9239-47e7-a28c-7def80fb60d8
type=ethernet
interface-name=host0
[ipv4]
method=manual
address1=ADDRESS/24
[ipv6]
method=disabled
END
rm /etc/systemd/network/10-host0.network
systemctl disable --now systemd-networkd.socket systemd-networkd >/dev/null 2>&1
systemctl enable NetworkManager >/dev/null 2>&1
systemctl restart NetworkManager
nmcli -w 30 connection up 6698616f-9239-47e7-a28c-7def80fb60d8 >/dev/null
"""


@pytest.fixture(scope="module", params=["orin", pytest.param("thor", marks=pytest.mark.campaign)])
def host(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def lab(host: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    def edit(spec: Spec) -> None:
        no_reboot(spec)
        spec["hosts"][host].pop("services", None)

    lab = Lab.up(tmp_path_factory.mktemp(host), [host], edit)
    lab.sh(host, AS_FLASHED.replace("ADDRESS", lab.fleet.ip(host)))
    assert lab.apply(deploy=DEPLOY).status == 0
    yield lab
    lab.down()


@pytest.fixture
def recorded(tmp_path: Path) -> str:
    return recorded_base(tmp_path)


def connect(lab: Lab, host: str, **connection: object) -> None:
    """Write a connection of the board's device into the spec."""
    lab.rewrite(lambda spec: spec["hosts"][host].update(network={"host0": connection}))


def reachable(lab: Lab, host: str) -> bool:
    """Whether the board answers at its address.

    sshd 9.8 refuses an address that connects many times without a login: a closed port is asked.
    """
    try:
        socket.create_connection((lab.fleet.ip(host), CLOSED), timeout=1).close()
    except ConnectionRefusedError:
        return True
    except OSError:
        return False
    return True


def device(lab: Lab, host: str) -> str:
    return lab.sh(host, "nmcli -g GENERAL.CON-UUID,IP4.ADDRESS device show host0").strip()


def left(lab: Lab, host: str) -> str:
    """What the switch has left on the board, beside its record and its locks."""
    return lab.sh(
        host,
        "ls /var/lib/jetfleet/switch | grep -vxE 'lock|busy|back.json'; "
        "ls /etc/systemd/system /etc/systemd/system/multi-user.target.wants | grep switch; true",
    )


def test_an_address_that_does_not_work_is_undone(lab: Lab, host: str) -> None:
    before = device(lab, host)
    connect(lab, host, addresses=["198.51.100.13/24"])
    with lasting(lambda: not reachable(lab, host)) as seconds:
        begun = time.monotonic()
        ran = lab.apply(deploy=DEPLOY)
        took = time.monotonic() - begun
    print(f"{host}: away for {seconds[0]:.0f} s, the run took {took:.0f} s")
    assert ran.status != 0
    said = " ".join(errors(ran, host))
    assert f"the board did not answer at {lab.fleet.ip(host)} or 198.51.100.13" in said
    assert "the old state of the network of host0 was put back at" in said
    assert seconds[0] < LIMIT
    assert reachable(lab, host)
    assert device(lab, host) == before
    assert not left(lab, host)


def test_a_workstation_that_dies_in_the_middle(lab: Lab, host: str, tmp_path: Path) -> None:
    before = device(lab, host)
    connect(lab, host, addresses=["198.51.100.14/24"])
    running = lab.start("-y", deploy=DEPLOY)
    until(lambda: not reachable(lab, host), "the board is cut off")
    running.kill()
    running.wait()
    begun = time.monotonic()
    until(lambda: reachable(lab, host), "the board is back", LIMIT)
    took = time.monotonic() - begun
    until(lambda: device(lab, host) == before, "its old connection", LIMIT - took)
    until(lambda: not left(lab, host), "nothing of the switch", LIMIT - took)
    print(f"{host}: away for {took:.0f} s after the death of the run")
    plan = Jetfleet(lab, tmp_path)("plan", "--deploy", DEPLOY).plan[host]
    assert "has undone it" in " ".join(plan.notes)


def test_a_power_cut_in_the_middle(lab: Lab, host: str) -> None:
    connect(lab, host, addresses=["198.51.100.15/24"])
    running = lab.start("-y", deploy=DEPLOY)
    until(lambda: not reachable(lab, host), "the board is cut off")
    running.kill()
    running.wait()
    lab.fleet.power_cut(host)
    lab.fleet.power_on(host)
    assert "198.51.100.15" not in device(lab, host)
    until(lambda: reachable(lab, host), "the board is back", LIMIT)
    assert not left(lab, host)


def test_an_sshd_that_refuses_us_is_undone(lab: Lab, host: str) -> None:
    """On both: sshd 9.8 and later also refuses an address for a while that has failed to log in."""
    lab.rewrite(lambda spec: spec["hosts"][host].pop("network", None))
    lab.rewrite(lambda spec: spec["hosts"][host].update(sshd={"AllowUsers": "another-user"}))
    with lasting(lambda: lab.holds(host, f"[ -e {DROP_IN} ]")) as seconds:
        ran = lab.apply(deploy=DEPLOY)
    print(f"{host}: sshd lets us in again after {seconds[0]:.0f} s")
    assert ran.status != 0
    assert "the old state of sshd's settings was put back at" in " ".join(errors(ran, host))
    assert 0 < seconds[0] < LIMIT
    assert not left(lab, host)
    lab.rewrite(lambda spec: spec["hosts"][host].pop("sshd"))


def test_a_device_that_is_not_there_is_refused(lab: Lab, host: str) -> None:
    lab.rewrite(lambda spec: spec["hosts"][host].update(network={"eth7": {}}))
    assert "the board has no network device eth7: it has" in lab.dry(deploy=DEPLOY).log


def test_an_address_that_works_stays(lab: Lab, host: str) -> None:
    own = f"{lab.fleet.ip(host)}/24"
    more = f"{lab.fleet.ip(host).rpartition('.')[0]}.241/24"
    connect(lab, host, addresses=[own, more], gateways=[lab.fleet.network.gateway])
    ran = lab.apply(deploy=DEPLOY)
    assert ran.status == 0, ran.log[-3000:]
    found = device(lab, host)
    assert own in found
    assert more in found
    assert not left(lab, host)
    assert not lab.plan().get(host) or all("network" not in row for row in lab.plan()[host])
    mode = lab.sh(host, "stat -c %a%U /etc/NetworkManager/system-connections/jetfleet-*")
    assert mode.strip() == "600root"


def test_a_board_that_moves_is_followed(lab: Lab, host: str) -> None:
    old = lab.fleet.ip(host)
    new = f"{old.rpartition('.')[0]}.242"
    connect(lab, host, addresses=[f"{new}/24"])
    ran = lab.apply(deploy=DEPLOY)
    assert ran.status == 0, ran.log[-3000:]
    assert f"the board answers at {new} now: write it as `address` in the spec" in ran.log
    found = device(lab, host)
    assert new in found
    assert old not in found
    assert not left(lab, host)
    lab.sh(
        host,
        "nmcli connection delete jetfleet-host0 >/dev/null; "
        "nmcli -w 30 connection up uuid 6698616f-9239-47e7-a28c-7def80fb60d8 >/dev/null",
    )
    connect(lab, host, addresses=[f"{old}/24"], gateways=[lab.fleet.network.gateway])
    assert lab.apply(deploy=DEPLOY).status == 0


def test_a_keyfile_that_was_changed_by_hand_is_drift(lab: Lab, host: str) -> None:
    lab.sh(host, f"echo '# by hand' >> {KEYFILE}")
    assert f"{KEYFILE} has other content" in lab.dry(deploy=DEPLOY).log
    assert lab.apply(deploy=DEPLOY).status == 0
    lab.sh(host, "nmcli -w 30 connection up uuid 6698616f-9239-47e7-a28c-7def80fb60d8 >/dev/null")
    assert "host0 does not use the connection of the spec" in lab.dry(deploy=DEPLOY).log
    assert lab.apply(deploy=DEPLOY).status == 0
    assert "does not use" not in lab.dry(deploy=DEPLOY).log


def test_a_connection_that_leaves_the_spec_comes_back_if_the_board_is_cut_off(
    lab: Lab, host: str, recorded: str
) -> None:
    assert lab.apply(deploy=recorded).status == 0
    lab.sh(host, f"sed -i 's|^address1=.*|address1=198.51.100.16/24|' {WIRED}; nmcli con reload")
    lab.rewrite(lambda spec: spec["hosts"][host].pop("network"))
    ran = lab.apply(deploy=recorded)
    assert ran.status != 0
    assert "the old state of the network of host0 was put back at" in " ".join(errors(ran, host))
    assert reachable(lab, host)
    assert lab.holds(host, f"[ -e {KEYFILE} ]")
    assert not left(lab, host)


def test_a_connection_that_leaves_the_spec_is_removed(lab: Lab, host: str, recorded: str) -> None:
    lab.sh(
        host,
        f"sed -i 's|^address1=.*|address1={lab.fleet.ip(host)}/24|' {WIRED}; nmcli con reload",
    )
    ran = lab.apply(deploy=recorded)
    assert ran.status == 0, ran.log[-3000:]
    assert device(lab, host).startswith("6698616f-9239-47e7-a28c-7def80fb60d8")
    assert lab.holds(host, f"[ ! -e {KEYFILE} ] && ! grep -q network: {RECORD}")
    assert not left(lab, host)
    assert not changes_in(lab.dry(deploy=recorded))
