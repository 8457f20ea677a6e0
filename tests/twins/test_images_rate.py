"""A limit of the line to the internet: images and models keep to it, and their sum does."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from jetfleet.lock.file import load_lock
from jetfleet.workstation.workstation import lock_path
from tests.support.lab import Lab, no_reboot

HOSTS = ("left", "right")
IMAGE = "docker.io/ollama/ollama:0.6.8"
SECONDS = 20
"""How long the image takes at the rate: longer than a run without one."""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    def edit(spec: Any) -> None:
        no_reboot(spec)
        del spec["defaults"]["services"]
        spec["models"] = {}
        spec["limits"] = {"rate": "1G"}
        spec["hosts"] = {
            name: {"board": "agx-orin", "address": f"192.0.2.{place}", "images": [IMAGE]}
            for place, name in enumerate(HOSTS, start=30)
        }

    lab = Lab.up(tmp_path_factory.mktemp("rate"), (), edit)
    try:
        yield lab
    finally:
        lab.down()


def test_two_hosts_take_no_more_than_the_rate_together(lab: Lab) -> None:
    """Only the least time is asked for, which a busy machine cannot undercut."""
    (image,) = load_lock(lock_path(lab.spec)).images.values()
    size = sum(one.size for one in image.blobs or ())
    lab.converge()
    for host in HOSTS:
        assert lab.holds(host, f"docker image inspect {IMAGE}")
        assert lab.sh(host, "ls -A /mnt/nvme/models 2>/dev/null | grep image- || true") == ""
    assert lab.plan() == {}

    def limited(spec: Any) -> None:
        spec["limits"]["rate"] = str(len(HOSTS) * size // SECONDS)

    lab.rewrite(limited)
    assert lab.plan() == {}
    for host in HOSTS:
        lab.sh(host, "docker rmi -f $(docker images -q)")
    began = time.monotonic()
    lab.converge()
    assert time.monotonic() - began > 0.9 * SECONDS
    assert lab.plan() == {}
    # A rollout leaves one host less than the spec does, and wants nothing else by it.
    host, *_ = HOSTS
    lab.sh(host, "docker rmi -f $(docker images -q)")
    began, given = time.monotonic(), size // (SECONDS + 8)
    lab.converge("--limit", host, "--data", f"rate={given}")
    assert time.monotonic() - began > 0.9 * (SECONDS + 8)
    assert lab.plan() == {}
