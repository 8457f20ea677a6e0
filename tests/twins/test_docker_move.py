"""A real engine whose data move to the NVMe, with what a person made, also when it is killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.lab import Lab, Spec, errors, no_reboot, until
from tests.support.lab_cli import Jetfleet

HOST, OLD, NEW, THIRD = "orin", "/var/lib/docker", "/mnt/nvme/docker", "/mnt/nvme/third"
IMAGE = "docker.io/dustynv/l4t-pytorch:r36.4.0"
ROOT = "docker info -f '{{.DockerRootDir}}'"
IMAGES = "docker image ls -q --no-trunc | sort -u"
STARTED = "docker inspect -f '{{.State.StartedAt}}' keepme"
READS = "docker exec keepme cat /mine/file"
UNIT = "jetfleet-docker-move"
KILLS = """#!/bin/sh
case "$*" in
  "{call}"*)
    if /usr/bin/systemctl -q is-active {unit}; then
      rm -f "$0"; /usr/bin/systemctl kill -s KILL {unit}; sleep 60
    fi ;;
esac
exec /usr/bin/{program} "$@"
"""
PHASES = {
    "stopped": ("systemctl", "stop docker.service"),
    "copied": ("cp", "-a"),
    "complete": ("sync", "-f"),
    "named": ("systemctl", "daemon-reload"),
    "set": ("systemctl", "restart docker.service"),
}
"""What a move calls in each phase, in their order."""


def edit(spec: Spec) -> None:
    """Leave the engine's data on the boot disk at first."""
    no_reboot(spec)
    spec["defaults"]["docker"] = {}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    one = Lab.up(tmp_path_factory.mktemp("docker-move"), [HOST], edit)
    try:
        one.converge()
        one.sh(
            HOST,
            f"""docker pull -q {IMAGE}; docker volume create mine
docker run -d --name keepme --network none -v mine:/mine --entrypoint sh {IMAGE} \\
  -c 'echo words > /mine/file; exec sleep 3600'""",
        )
        yield one
    finally:
        one.down()


def moving(folder: str) -> Any:
    """Return the edit that moves the engine's data to a folder."""

    def change(spec: Spec) -> None:
        spec["defaults"]["docker"] = {"data_root": folder, "move": True}

    return change


def killed_in(lab: Lab, phase: str) -> None:
    """Apply, with a move that is killed in a phase, and all that it has started."""
    program, call = PHASES[phase]
    path = f"/usr/local/bin/{program}"
    text = KILLS.format(call=call, unit=UNIT, program=program)
    lab.sh(HOST, f"cat > {path} <<'END'\n{text}END\nchmod 755 {path}")
    ran = lab.apply()
    assert ran.status, phase
    assert lab.holds(HOST, f"[ ! -e {path} ]"), phase


def test_without_room_docker_runs_on(lab: Lab) -> None:
    lab.rewrite(moving(NEW))
    started = lab.sh(HOST, STARTED)
    room = "df -B1 --output=avail /mnt/nvme | tail -n 1"
    lab.sh(HOST, f"fallocate -l $(($({room}) - 9000000)) /mnt/nvme/full")
    ran = lab.apply()
    assert ran.status
    assert any("free: make room there" in line for line in errors(ran, HOST)), ran.log[-3000:]
    assert lab.sh(HOST, STARTED) == started
    assert lab.sh(HOST, "rm /mnt/nvme/full; ls /mnt/nvme | grep docker; true") == ""


def test_a_move_killed_in_each_phase_is_completed(lab: Lab) -> None:
    images = lab.sh(HOST, IMAGES)
    for phase in PHASES:
        killed_in(lab, phase)
        is_set = lab.holds(HOST, "grep -q data-root /etc/docker/daemon.json")
        assert is_set == (phase == "set"), phase
    assert lab.holds(HOST, f"[ -d {OLD}/overlay2 ]")
    lab.converge()
    is_moved(lab, images, NEW)
    assert lab.holds(HOST, f"[ -f {OLD}/.jetfleet-moved ]")


def test_a_move_that_is_not_disturbed(lab: Lab, tmp_path: Path) -> None:
    images = lab.sh(HOST, IMAGES)
    lab.rewrite(moving(THIRD))
    said = " ".join(Jetfleet(lab, tmp_path)("plan", status=2).out.split())
    assert f"Docker's data are copied from {NEW} to {THIRD}" in said
    lab.converge()
    is_moved(lab, images, THIRD)


def is_moved(lab: Lab, images: str, folder: str) -> None:
    """See that the engine has all that it had, and that what ran runs."""
    assert lab.sh(HOST, ROOT).strip() == folder
    assert lab.sh(HOST, IMAGES) == images
    until(lambda: lab.holds(HOST, READS), "the container to run")
    assert lab.sh(HOST, f"cat {folder}/volumes/mine/_data/file") == "words\n"
    assert lab.chat(HOST)
    assert lab.plan() == {}


def test_prune_removes_the_old_folders(lab: Lab, tmp_path: Path) -> None:
    jetfleet = Jetfleet(lab, tmp_path)
    pruned = jetfleet("prune", "-y", status=0)
    said = " ".join(pruned.out.split())
    assert OLD in said
    assert NEW in said
    # The usual folder of a twin is a mount, which stays.
    assert lab.sh(HOST, f"ls -A {OLD}; ls -d {NEW} || true") == ""
    assert lab.holds(HOST, READS)
    assert OLD not in jetfleet("prune", "-y", status=0).out
