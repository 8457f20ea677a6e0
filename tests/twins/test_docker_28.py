"""A real Docker 28 with containerd's image store, where it is read and where it is left.

Debian's next release has Docker 28 and containerd 2.1. Docker 29, which has this store by default,
is in no package that twins can be built of; what differs there is in tests/data/cases/daemon.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetfleet.errors import FleetError
from jetfleet.lock.file import load_lock
from jetfleet.workstation.workstation import lock_path
from tests.support.lab import Lab, Spec, no_reboot, until
from tests.support.lab_cli import Jetfleet, named
from tests.support.started_service import start_of
from twins import aptsources
from twins.paths import cache_dir
from twins.rootfs import Recipe, ensure_rootfs

HOST, SUITE = "orin", "forky"
STORE, ROOT = "/var/lib/containerd", "/mnt/nvme/docker"
DAEMON = "daemon:docker"
IMAGE = "docker.io/dustynv/l4t-pytorch:r36.4.0"
FEATURE = {"features": {"containerd-snapshotter": True}}
INFO = "docker info -f '{{.ServerVersion}} {{.DockerRootDir}} {{json .DriverStatus}}'"
RUNNING = "docker ps --format '{{.Names}}' | sort"


def with_the_store(spec: Spec) -> None:
    """Let the engine keep containerd's image store: images go to containerd's root."""
    no_reboot(spec)
    spec["defaults"]["docker"] = {"daemon": FEATURE}


def settings(lab: Lab, **docker: Any) -> None:
    """Write other settings of the engine; the board judges keys that the catalog does not know."""
    rule = {"docker-unknown-key": "the board knows it"} if "daemon" in docker else {}
    lab.rewrite(lambda spec: spec["defaults"].update(docker=docker, waive=rule))


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A board whose owner switched the store on, on a disk of 64 MiB."""
    if aptsources.origin(aptsources.listing()) != "Debian":
        pytest.skip("only Debian has a release with Docker 28")
    try:
        ensure_rootfs(Recipe(SUITE), cache_dir())
    except FleetError as error:
        pytest.skip(f"Debian's next release cannot be installed today: {error}")
    one = Lab.up(tmp_path_factory.mktemp("docker-28"), [HOST], with_the_store, suite=SUITE)
    try:
        one.sh(
            HOST,
            f"""systemctl stop docker.socket docker containerd
mount -t tmpfs -o size=64m tmpfs {STORE}
mkdir -p /etc/docker
echo '{{"features": {{"containerd-snapshotter": true}}}}' > /etc/docker/daemon.json
systemctl start containerd docker""",
        )
        yield one
    finally:
        one.down()


@pytest.fixture
def jetfleet(lab: Lab, tmp_path: Path) -> Jetfleet:
    return Jetfleet(lab, tmp_path)


def run_by_hand(lab: Lab, name: str) -> None:
    """Start a container of a person, without a restart policy."""
    sleep = "--network none --entrypoint sh"
    lab.sh(HOST, f"docker run -d --name {name} {sleep} {IMAGE} -c 'exec sleep 3600'")


def test_images_are_pulled_to_the_root_of_containerd(lab: Lab, jetfleet: Jetfleet) -> None:
    assert not lab.holds(HOST, "modprobe -n iptable_raw"), "services have the host's network"
    planned = jetfleet("plan", status=3).plan[HOST]
    assert planned.state == "refused"
    assert "where Docker keeps images only 6" in planned.reason
    lab.sh(HOST, f"mount -o remount,size=8g {STORE}")
    before = int(lab.sh(HOST, f"du -sk {STORE}").split()[0])
    lab.converge()
    version, root, driver = lab.sh(HOST, INFO).split(" ", 2)
    assert int(version.partition(".")[0]) >= 28
    assert root == "/var/lib/docker"
    assert "io.containerd.snapshotter" in driver
    lock = load_lock(lock_path(lab.spec))
    pulled = sum(image.size for image in lock.images.values())
    assert (int(lab.sh(HOST, f"du -sk {STORE}").split()[0]) - before) * 1024 > pulled
    assert lab.chat(HOST)
    assert lab.plan() == {}


def test_images_move_with_data_root(lab: Lab, jetfleet: Jetfleet) -> None:
    run_by_hand(lab, "keepme")
    settings(lab, data_root=ROOT)
    planned = jetfleet("plan", status=2).plan[HOST]
    assert {(DAEMON, "images"), (DAEMON, "data-root")} <= named(planned)
    lock = load_lock(lock_path(lab.spec))
    assert planned.internet == sum(image.size for image in lock.images.values())
    notes = "\n".join(planned.notes)
    assert "because the engine no longer has them: keepme;" in notes
    assert "images (at most" in notes
    assert f"stay in {STORE}" in notes
    lab.converge()
    _, root, driver = lab.sh(HOST, INFO).split(" ", 2)
    assert (root, "snapshotter" in driver) == (ROOT, False)
    assert lab.sh(HOST, "docker ps -a --format '{{.Names}}'").split() == ["cosmos"]
    assert lab.chat(HOST)
    assert lab.plan() == {}


def test_settings_that_are_refused_leave_all_services_as_they_were(lab: Lab) -> None:
    lab.sh(HOST, f"docker pull -q {IMAGE}")
    run_by_hand(lab, "keepme")
    settings(lab, data_root=ROOT, daemon={"no-such-driver": True, "storage-driver": "no-such"})
    start = start_of(lab, HOST, "cosmos")
    ran = lab.apply()
    assert ran.status == 1
    assert "dockerd refuses the settings" in ran.log
    assert start_of(lab, HOST, "cosmos") == start, "it was asked first, so nothing stopped"
    settings(lab, data_root=ROOT, daemon={"storage-driver": "no-such"})
    ran = lab.apply()
    assert ran.status == 1
    assert "the old /etc/docker/daemon.json is back" in ran.log
    until(lambda: lab.sh(HOST, RUNNING).split() == ["cosmos", "keepme"], "both to run again")
    until(lambda: lab.holds(HOST, "systemctl is-active jetfleet-cosmos"), "cosmos to be ready")
    assert start_of(lab, HOST, "cosmos") != start
    settings(lab, data_root=ROOT)
    assert lab.plan() == {}
