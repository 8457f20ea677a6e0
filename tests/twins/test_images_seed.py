"""A board that serves its images to its neighbours: the internet carries each layer once."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetfleet.lock.file import load_lock
from jetfleet.workstation.workstation import lock_path
from tests.support.lab import Lab, no_reboot

HOSTS = ("first", "second", "third", "fourth")
if os.environ.get("JETFLEET_CAMPAIGN") == "1":
    HOSTS += ("fifth", "sixth", "seventh", "eighth")
SEED = HOSTS[0]
IMAGE = "docker.io/ollama/ollama:0.6.8"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    def edit(spec: Any) -> None:
        no_reboot(spec)
        del spec["defaults"]["services"]
        spec["groups"] = {"site": {}}
        spec["models"] = {}
        spec["hosts"] = {
            name: {
                "board": "agx-orin", "groups": ["site"], "address": f"192.0.2.{place}",
                "images": [IMAGE],
            }
            for place, name in enumerate(HOSTS, start=20)
        }  # fmt: skip
        spec["hosts"][SEED]["docker"] = {"seed": True}

    lab = Lab.up(tmp_path_factory.mktemp("images"), (), edit)
    try:
        yield lab
    finally:
        lab.down()


def blobs_asked(lab: Lab) -> Counter[str]:
    """How often the registry was asked for each blob with GET, from its log."""
    log = next(Path(lab.fleet.plan.state).rglob("registry.log"))
    asked: Counter[str] = Counter()
    for line in log.read_text(errors="replace").splitlines():
        if '"GET /v2/' in line and "/blobs/sha256:" in line:
            asked[line.partition("/blobs/sha256:")[2][:64]] += 1
    return asked


def layers(lab: Lab) -> set[str]:
    (image,) = load_lock(lock_path(lab.spec)).images.values()
    assert image.blobs is not None
    return {one.sha256 for one in image.blobs if one.size > 20_000}


def test_the_registry_serves_each_layer_once(lab: Lab) -> None:
    before = blobs_asked(lab)
    lab.converge()
    asked = blobs_asked(lab)
    asked.subtract(before)
    wanted = layers(lab)
    assert wanted
    print({one[:12]: asked[one] for one in wanted})
    for one in wanted:
        assert asked[one] <= 2, one  # the workstation's question for the link, and the seed
    for host in HOSTS:
        assert lab.holds(host, f"docker image inspect {IMAGE}")
        assert (lab.sh(host, "ls /mnt/nvme/models").count("image-") == 1) == (host == SEED)
    assert lab.plan() == {}


def forget(lab: Lab, *hosts: str) -> None:
    for host in hosts:
        lab.sh(host, "docker rmi -f $(docker images -q)")


def test_a_seed_that_lies_does_no_harm(lab: Lab) -> None:
    forget(lab, "second")
    one = next(iter(layers(lab)))
    path = f"$(ls -d /mnt/nvme/models/image-*/*)/{one}"
    lab.sh(SEED, f"printf x | dd of={path} bs=1 seek=99 conv=notrunc status=none")
    lab.converge("--limit", "second")
    assert lab.holds("second", f"docker image inspect {IMAGE}")
    lab.converge("--data", "deep=yes", "--limit", SEED)


def test_without_its_seed_a_board_asks_the_registry(lab: Lab) -> None:
    forget(lab, "third")
    lab.sh(SEED, "systemctl stop jetfleet-seed")
    ran = lab.converge("--limit", "third")
    assert "its seeds do not have all of it" in ran.log
    assert lab.holds("third", f"docker image inspect {IMAGE}")
