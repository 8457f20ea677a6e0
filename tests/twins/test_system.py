"""The system of a host on a twin: set up once, in sync afterwards, each drift named and repaired.

Swap, the machine's clock and most parameters of its kernel belong to all twins together: the clock
is a program that stands for `date`, and the parameter is one of the twin's own network.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.lab import Lab, Spec, changed, no_reboot
from tests.support.rendered import DESK

pytestmark = pytest.mark.campaign
"""It takes an apply for each drift, and has not been tried on every board yet."""

HOST = "nano"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpKeyOfATestcanary0000000000000000 ada@laptop"
UNITS = "/etc/systemd/system"

# A clock in 1970 until it is set; it never sets that of the machine.
DATE = """cat > /usr/local/bin/date <<'END'
#!/bin/sh
case "$*" in
  -s*) echo "$2" > /run/clock-set ;;
  +%s) if [ -e /run/clock-set ]; then exec /bin/date +%s; else echo 4000; fi ;;
  *) exec /bin/date "$@" ;;
esac
END
chmod 755 /usr/local/bin/date; rm -f /run/clock-set
"""

# A board as flashed: a desktop, and a service that a board without a screen does not need.
FLASHED = f"""set -e
for unit in display-manager bluetooth reader; do
  printf '[Service]\\nExecStart=/bin/sleep infinity\\n[Install]\\nWantedBy=multi-user.target\\n' \\
    > {UNITS}/$unit.service
done
systemctl daemon-reload
systemctl set-default graphical.target
systemctl start display-manager reader
systemctl enable --now bluetooth
groupadd -f video
"""

SYSTEM: dict[str, Any] = {
    "hostname": "desk",
    "extra_hosts": {"registry.lab.example": "192.0.2.9"},
    "clock": {"set": True},
    "desktop": "off",
    "headless": True,
    "users": {"ada": {"groups": ["docker", "video"], "keys": [KEY]}},
    "apt": {"packages": {"aria2": "installed"}, "hold": ["docker"]},
    "files": {"/etc/reader.conf": {"content": "words\n", "restart": ["reader.service"]}},
    "units": {
        "own.service": {
            "content": "[Service]\nExecStart=/bin/sleep infinity\n"
            "[Install]\nWantedBy=multi-user.target\n"
        }
    },
    "journal": {"max_use": "100m"},
    "sysctl": {"net.ipv4.ip_default_ttl": 63},
    "certificates": YAML(typ="safe").load(DESK)["hosts"]["desk"]["certificates"],
}

DRIFTS = {
    "Switch the desktop on or off": "systemctl set-default graphical.target",
    "Switch bluetooth.service off": "systemctl enable bluetooth",
    "Set the host name": "hostname other",
    "Write names into /etc/hosts": "sed -i /registry.lab/d /etc/hosts",
    "Set up the user ada": "gpasswd -d ada video",
    "Hold the packages docker": "echo docker.io install | dpkg --set-selections",
    "Set parameters of the kernel": "sysctl -q -w net.ipv4.ip_default_ttl=64",
    "Run own.service": "systemctl stop own",
    "Run systemd-journald.service": f"rm {UNITS}/systemd-journald.service.d/jetfleet-files.conf; "
    "systemctl daemon-reload; systemctl restart systemd-journald",
    "Trust the certificate jetfleet-lab": "rm /etc/ssl/certs/ca-certificates.crt; "
    "touch /etc/ssl/certs/ca-certificates.crt",
}


def _edit(spec: Spec) -> None:
    no_reboot(spec)
    for name in ("services", "models"):
        spec["defaults"].pop(name, None)
    spec.pop("groups")
    host = spec["hosts"][HOST]
    for name in ("groups", "services"):
        host.pop(name)
    host.update(SYSTEM)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("lab"), [HOST], _edit)
    try:
        lab.sh(HOST, FLASHED + DATE)
        lab.converge()
        yield lab
    finally:
        lab.down()


def test_the_system_is_that_of_the_spec_and_stays_so(lab: Lab) -> None:
    assert lab.plan() == {}
    facts = {
        "hostname; cat /etc/hostname": "desk\ndesk\n",
        "getent hosts desk registry.lab.example": "127.0.1.1       desk\n"
        "192.0.2.9       registry.lab.example\n",
        "systemctl get-default": "multi-user.target\n",
        "systemctl is-active display-manager bluetooth own reader || true": "inactive\ninactive\n"
        "active\nactive\n",
        "id -nG ada": "ada video docker\n",
        "cat ~ada/.ssh/authorized_keys": f"{KEY}\n",
        "apt-mark showhold | grep -cx docker.io": "1\n",
        "cat /proc/sys/net/ipv4/ip_default_ttl": "63\n",
        "journalctl --header -n0 >/dev/null; cat /etc/reader.conf": "words\n",
    }
    found = {script: lab.sh(HOST, script) for script in facts}
    found["id -nG ada"] = " ".join(sorted(found["id -nG ada"].split(), key=len)) + "\n"
    assert found == facts
    assert lab.holds(HOST, "test -s /run/clock-set")
    assert lab.holds(HOST, "ls /etc/ssl/certs | grep -q jetfleet-lab")


@pytest.mark.parametrize("row", DRIFTS)
def test_a_drift_is_named_and_repaired(lab: Lab, row: str) -> None:
    lab.sh(HOST, DRIFTS[row])
    rows = set(lab.plan().get(HOST, ()))
    assert f"base | {row}" in rows or f"hold | {row}" in rows
    assert {r for r in rows if not r.endswith(("jetfleet-files.conf", row))} == set()
    assert set(changed(lab.converge(), HOST)) == rows
    assert lab.plan() == {}


def test_a_service_restarts_with_its_file_and_nothing_else_does(lab: Lab) -> None:
    script = "systemctl show -P InvocationID reader own docker"
    before = lab.sh(HOST, script).split()

    def edit(spec: Spec) -> None:
        spec["hosts"][HOST]["files"]["/etc/reader.conf"]["content"] = "other words\n"

    lab.rewrite(edit)
    lab.converge()
    after = lab.sh(HOST, script).split()
    assert [one == other for one, other in zip(before, after, strict=True)] == [False, True, True]
    assert lab.plan() == {}


def test_keys_and_groups_of_others_stay(lab: Lab) -> None:
    lab.sh(
        HOST, "echo 'ssh-ed25519 AAAAother bob' >> ~ada/.ssh/authorized_keys; usermod -aG adm ada"
    )
    assert lab.plan() == {}
    lab.sh(HOST, "sed -i /laptop/d ~ada/.ssh/authorized_keys")
    lab.converge()
    assert lab.sh(HOST, "cut -d' ' -f3 ~ada/.ssh/authorized_keys").split() == ["bob", "ada@laptop"]
    assert "adm" in lab.sh(HOST, "id -nG ada")
