"""Where an engine keeps its images, by its settings and by what it says."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jetfleet.resources.daemon import DaemonState
from jetfleet.resources.daemon.store import images_root

STORE = {"features": {"containerd-snapshotter": True}}
NVME = {"data-root": "/mnt/nvme/docker"}


@pytest.mark.parametrize(
    ("have", "containerd", "want", "root"),
    [
        ({}, "", {}, "/var/lib/docker"),
        (NVME, "", {}, "/mnt/nvme/docker"),
        ({}, "", NVME, "/mnt/nvme/docker"),
        ({}, "/mnt/nvme/containerd", NVME, "/mnt/nvme/docker"),
        ({}, "/mnt/nvme/containerd", {}, "/mnt/nvme/containerd"),
        (NVME, "/var/lib/containerd", NVME | STORE, "/var/lib/containerd"),
        (NVME, "", NVME | STORE, "/var/lib/containerd"),
        (STORE, "", {}, "/var/lib/containerd"),
    ],
)
def test_images_are_where_the_engine_will_have_them(
    have: dict[str, Any], containerd: str, want: dict[str, Any], root: str
) -> None:
    state = DaemonState(
        engine="29.1.3",
        raw_table=True,
        config=json.dumps(have),
        started_with=json.dumps(have),
        drop_in="abc",
        active=True,
        enabled=True,
        stale_unit=False,
        store="containerd" if containerd else "docker",
        containerd_root=containerd,
    )
    assert images_root(state, want) == root
