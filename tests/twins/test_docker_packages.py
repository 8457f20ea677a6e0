"""Boards that come without Docker and NVIDIA's toolkit: apt installs them, from its own sources.

JetPack 6 by SDK Manager has neither; of JetPack 7 some boards have no registered runtime.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.support.apt_repository import FOLDER, engine, without_docker
from tests.support.drift_table import RECORD
from tests.support.lab import Lab, Spec, changed, no_reboot, until
from tests.support.lab_cli import Jetfleet

ROW = "docker | Install Docker's packages"
KEY = "docker-packages:docker"
ENGINES = {"orin": "29.1.3-0ubuntu3~22.04.2", "thor": "29.1.3-0ubuntu3~24.04.1"}
TOOLKITS = {"orin": "1.16.2-1", "thor": "1.18.1-1"}
DOCKER_CE = "5:27.5.1-1~ubuntu.22.04~jammy"
HALF = "dpkg-query -W -f '${db:Status-Status}' docker.io"


def edit(spec: Spec) -> None:
    """Keep the power modes; a board publishes a port where a test says so."""
    no_reboot(spec)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """An Orin on L4T 36 and a Thor on L4T 38, as flashed: no engine, no toolkit."""
    one = Lab.up(tmp_path_factory.mktemp("without-docker"), list(ENGINES), edit)
    try:
        for host, version in ENGINES.items():
            engines = [("docker.io", version)]
            if host == "orin":
                engines += [("docker-ce", DOCKER_CE), ("docker-ce-cli", DOCKER_CE)]
            without_docker(one, host, engine(one, host, *engines), TOOLKITS[host])
        yield one
    finally:
        one.down()


@pytest.fixture
def jetfleet(lab: Lab, tmp_path: Path) -> Jetfleet:
    return Jetfleet(lab, tmp_path)


def test_a_plan_says_what_apt_installs(lab: Lab, jetfleet: Jetfleet) -> None:
    planned = jetfleet("plan", status=2)
    said = " ".join(planned.out.split())
    for host, version in ENGINES.items():
        assert not lab.holds(host, "command -v docker || command -v nvidia-container-runtime")
        assert f"docker.io {version}" in said
        assert f"nvidia-container-toolkit {TOOLKITS[host]}" in said
        assert planned.plan[host].state == "changes"


def test_where_docker_28_publishes_no_ports_an_older_one_is_chosen(
    lab: Lab, jetfleet: Jetfleet
) -> None:
    before = lab.spec.read_text(encoding="utf-8")
    lab.rewrite(lambda spec: spec["hosts"]["orin"].update(services={"web": PUBLISHED}))
    assert not lab.holds("orin", "modprobe -n iptable_raw")
    said = " ".join(jetfleet("plan", "--limit", "orin", status=2).out.split())
    assert f"docker-ce {DOCKER_CE}" in said
    assert "/etc/apt/preferences.d/jetfleet-docker" in said
    lab.rewrite(lambda spec: spec["hosts"]["orin"].update(docker={"raw_table": "skip"}))
    said = " ".join(jetfleet("plan", "--limit", "orin", status=2).out.split())
    assert f"docker.io {ENGINES['orin']}" in said
    assert "preferences.d/jetfleet-docker" not in said
    lab.spec.write_text(before, encoding="utf-8")


PUBLISHED = {
    "runtime": "container",
    "image": "docker.io/dustynv/l4t-pytorch:r36.4.0",
    "command": ["sleep", "900"],
    "port": 9000,
    "probe": {"path": "/"},
    "ports": {"9000": 9000},
}


def test_a_board_without_a_source_is_refused_by_name(lab: Lab, jetfleet: Jetfleet) -> None:
    lab.sh(
        "thor", f"mkdir /opt/away; mv {FOLDER}/toolkit-* /opt/away; cp {FOLDER}/Packages /opt/away"
    )
    lab.sh("thor", f"sed -i '/^Package: nvidia/,/^$/d' {FOLDER}/Packages; apt-get -q update")
    refused = jetfleet("plan", "--limit", "thor", status=3).plan["thor"]
    assert (
        "the board needs nvidia-container-toolkit, and no apt source of it has that"
        in refused.reason
    )
    lab.sh("thor", f"mv /opt/away/* {FOLDER}; apt-get -q update")


def test_an_installation_that_was_killed_is_completed(lab: Lab) -> None:
    """A power cut in the middle of apt: the next run goes on from what dpkg has left."""
    for host in ENGINES:
        lab.sh(
            host,
            """cat > /usr/sbin/policy-rc.d <<'END'
#!/bin/sh
touch /run/sets-up; sleep 600
END
chmod 755 /usr/sbin/policy-rc.d
(apt-get -q -y --no-install-recommends install docker.io >/dev/null 2>&1 &)""",
        )
        until(partial(lab.holds, host, "[ -e /run/sets-up ]"), "apt to set up docker.io", 120)
        lab.sh(host, "pkill -9 -x apt-get; pkill -9 -x dpkg; pkill -9 -f [d]ocker.io.postinst; "
                     "pkill -9 -f [p]olicy-rc.d; rm /usr/sbin/policy*")  # fmt: skip
        assert lab.sh(host, HALF) in {"half-configured", "unpacked"}
    assert ROW in lab.plan()["orin"]
    ran = lab.converge()
    for host in ENGINES:
        assert ROW in changed(ran, host)
        assert lab.sh(host, "docker info -f '{{.DefaultRuntime}}'").strip() == "nvidia"
        assert lab.sh(host, HALF) == "installed"
        assert lab.chat(host)
    assert lab.plan() == {}


def test_a_package_that_was_removed_comes_back(lab: Lab) -> None:
    lab.sh("orin", "dpkg --remove nvidia-container-toolkit")
    assert lab.plan()["orin"] == [ROW]
    lab.converge()
    assert lab.plan() == {}


def test_never_leaves_it_to_others(lab: Lab) -> None:
    lab.sh("thor", "dpkg --remove nvidia-container-toolkit")
    lab.rewrite(lambda spec: spec["defaults"]["docker"].update(install={"toolkit": "never"}))
    assert lab.plan() == {"orin": [RECORD], "thor": [RECORD]}
    lab.rewrite(lambda spec: spec["defaults"]["docker"].pop("install"))
    ran = lab.converge()
    assert ROW in changed(ran, "thor")
    assert lab.plan() == {}
