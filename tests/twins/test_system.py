"""The system of a host on a twin: set up once, then in sync; each drift is named and repaired."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.lab import Lab, Spec, changed, serve_nothing
from tests.support.system_drifts import DATE, DRIFTS, FLASHED, KEY, SYSTEM, TOOLS

pytestmark = pytest.mark.campaign
"""It takes an apply for each drift, and has not been tried on every board yet."""

HOST = "nano"


def _edit(spec: Spec) -> None:
    serve_nothing(spec, HOST)
    spec["hosts"][HOST].update(SYSTEM)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("lab"), [HOST], _edit)
    try:
        lab.sh(HOST, FLASHED + DATE + TOOLS)
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
