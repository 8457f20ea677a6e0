"""`limits.rate`: the share of each host, and what it holds for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.lock.model import LockedBlob, LockedImage
from jetfleet.resources.model.fetch import Fetch
from jetfleet.spec.text import bytes_of
from jetfleet.steps import Links
from tests.support.rendered import of

MIB = 1 << 20
NAME = "docker.io/library/limited:2"
LAYERS = tuple(LockedBlob(sha256=one * 64, size=10**9) for one in "cd")
LOCKED = {NAME: LockedImage(digest=f"sha256:{'c' * 64}", size=2 * 10**9, blobs=LAYERS)}
HOST = {
    "module": "orin-nano-8gb", "jetpack": "6.2", "docker": {}, "groups": ["site"],
    "images": ["limited:2"],
}  # fmt: skip


def image(
    folder: Path, limits: dict[str, Any], host: dict[str, Any] | None = None, count: int = 8
) -> Any:
    hosts = {
        f"h{number}": {**HOST, "address": f"192.0.2.{number}"} for number in range(1, count + 1)
    }
    hosts["h1"].update(host or {})
    spec = {"version": 1, "groups": {"site": {}}, "limits": limits, "hosts": hosts}
    return of(folder, json.dumps(spec), "h1", LOCKED)[f"image:{NAME}"]


@pytest.mark.parametrize(
    ("limits", "host", "share"),
    [
        ({"rate": "40M"}, {}, 5 * MIB),
        ({"rate": "40M", "internet": 4}, {}, 10 * MIB),
        ({"rate": "40M", "internet": 100}, {}, 5 * MIB),
        ({"rate": "40M", "internet": 1}, {"docker": {"seed": True}}, 5 * MIB),
        ({"rate": "40M", "internet": 1}, {"models": {"seed": True}}, 5 * MIB),
        ({"rate": "40M"}, {"models": {"max_rate": "1M"}}, MIB),
        ({"rate": "80M"}, {"models": {"max_rate": "20M"}}, 10 * MIB),
        ({"rate": "1"}, {}, 1),
    ],
)
def test_an_image_comes_at_the_share_of_its_host(
    tmp_path: Path, limits: dict[str, Any], host: dict[str, Any], share: int
) -> None:
    near = image(tmp_path, limits, host).near
    assert near.rate == share
    script = Fetch(near, near.files).script(Links({}))
    assert f'"hub": "{share}"' in script.replace("\\", "")


def test_what_a_seed_of_the_site_serves_has_the_limit_of_the_host_alone(tmp_path: Path) -> None:
    near = image(tmp_path, {"rate": "80M"}, {"models": {"max_rate": "20M"}}).near
    assert '"seeds": "20M"' in Fetch(near, near.files).script(Links({})).replace("\\", "")


def test_without_a_limit_the_engine_pulls_by_itself(tmp_path: Path) -> None:
    assert image(tmp_path, {"internet": 4}).near is None


def test_a_bundle_is_no_part_of_the_internet(tmp_path: Path) -> None:
    assert image(tmp_path, {"rate": "1M"}, {"offline": {"bundle": "bundle"}}).near.rate == 0


@pytest.mark.parametrize(
    ("rate", "count"), [("", 0), ("1", 1), ("20M", 20 * MIB), ("3K", 3072), ("2G", 2 << 30)]
)
def test_a_rate_is_bytes_a_second(rate: str, count: int) -> None:
    assert bytes_of(rate) == count
