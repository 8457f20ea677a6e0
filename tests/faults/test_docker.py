"""Docker's settings: those that dockerd does not take, and those that a plan must explain."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.drift_table import CONFIG
from tests.support.lab import Lab, Spec, no_reboot
from tests.support.lab_cli import Jetfleet, named
from tests.support.pyinfra import Ran

BASE = "deploys/base.py"
BOARDS = ("thor", "orin")  # a dockerd that can validate its settings, and one that cannot

STATE = f"sha256sum {CONFIG}; ls {CONFIG}.* 2>/dev/null; systemctl is-active docker; docker ps"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("docker"), BOARDS, no_reboot)
    try:
        ran = lab.apply(deploy=BASE)
        assert ran.status == 0, ran.log
        yield lab
    finally:
        lab.down()


def applied(lab: Lab, daemon: dict[str, Any]) -> Ran:
    def edit(spec: Spec) -> None:
        spec["defaults"]["docker"].update(daemon=daemon)
        # The key is checked on the board alone.
        spec["defaults"]["waive"] = {"docker-unknown-key": "the board knows it"}

    lab.rewrite(edit)
    return lab.apply(deploy=BASE)


@pytest.mark.parametrize(
    ("daemon", "said"),
    [
        ({"storage-driver": "no-such"}, {"thor": "the old", "orin": "the old"}),
        ({"no-such-key": True}, {"thor": "dockerd refuses the settings", "orin": "the old"}),
    ],
    ids=["when-it-starts", "when-it-reads"],
)
def test_the_old_settings_come_back(lab: Lab, daemon: dict[str, Any], said: dict[str, str]) -> None:
    before = {host: lab.sh(host, STATE) for host in BOARDS}
    started = lab.sh("thor", "systemctl show -P MainPID docker")
    try:
        ran = applied(lab, daemon)
        assert ran.status == 1
        for host in BOARDS:
            lines = [line for line in ran.log.splitlines() if f"[{host}]" in line]
            assert any(said[host] in line for line in lines), ran.log
            assert lab.sh(host, STATE) == before[host]
        if "refuses" in said["thor"]:  # it was asked first, so nothing was restarted
            assert lab.sh("thor", "systemctl show -P MainPID docker") == started
    finally:
        ran = applied(lab, {})
    assert ran.status == 0, ran.log
    assert {host: lab.sh(host, STATE) for host in BOARDS} == before


IMAGE = "docker.io/dustynv/l4t-pytorch:r36.4.0"
NAMES = "docker ps -a --format '{{.Names}} {{.State}}'"


def test_a_plan_names_what_a_new_data_root_hides(lab: Lab, tmp_path: Path) -> None:
    """What NVIDIA's guide copies by hand stays in the old folder."""
    run = f"docker run -d --name keepme --network none --entrypoint sh {IMAGE} -c 'sleep 3600'"
    lab.sh("orin", f"docker pull -q {IMAGE}; {run}; docker volume create data")
    lab.rewrite(lambda spec: spec["hosts"]["orin"].update(docker={"data_root": "/mnt/nvme/new"}))
    base = ("--deploy", BASE, "--limit", "orin")
    try:
        planned = Jetfleet(lab, tmp_path)("plan", *base, status=2).plan["orin"]
        assert ("daemon:docker", "data-root") in named(planned)
        notes = "\n".join(planned.notes)
        assert "the engine no longer has them: keepme; nothing is copied" in notes
        assert "no longer has these volumes: data; their data stay in /mnt/nvme/docker" in notes
        assert "1 image (at most" in notes
        ran = lab.apply("--limit", "orin", deploy=BASE)
        assert ran.status == 0, ran.log
        assert lab.sh("orin", NAMES) == ""
    finally:
        lab.rewrite(lambda spec: spec["hosts"]["orin"].pop("docker"))
        ran = lab.apply("--limit", "orin", deploy=BASE)
    assert ran.status == 0, ran.log
    assert lab.sh("orin", NAMES).split()[0] == "keepme", "nothing was removed"
    lab.sh("orin", "docker rm -f keepme; docker volume rm data")


def test_a_flag_of_dockerd_is_refused_before_anything_stops(lab: Lab, tmp_path: Path) -> None:
    folder = "/etc/systemd/system/docker.service.d"
    start = "/usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock --debug"
    lab.sh(
        "orin",
        f"printf '[Service]\\nExecStart=\\nExecStart={start}\\n' > {folder}/by-hand.conf; "
        "systemctl daemon-reload; systemctl restart docker",
    )
    process = "systemctl show -P MainPID docker"
    before, started = lab.sh("orin", STATE), lab.sh("orin", process)
    lab.rewrite(lambda spec: spec["hosts"]["orin"].update(docker={"daemon": {"debug": True}}))
    base = ("--deploy", BASE, "--limit", "orin")
    try:
        planned = Jetfleet(lab, tmp_path)("plan", *base, status=3).plan["orin"]
        assert planned.state == "refused"
        assert f"{folder}/by-hand.conf starts dockerd with --debug" in planned.reason
        assert lab.apply("--limit", "orin", deploy=BASE).status == 1
        assert (lab.sh("orin", STATE), lab.sh("orin", process)) == (before, started)
    finally:
        lab.rewrite(lambda spec: spec["hosts"]["orin"].pop("docker"))
        lab.sh("orin", f"rm {folder}/by-hand.conf; systemctl daemon-reload")
