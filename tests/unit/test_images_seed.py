"""A host that serves its images: what it keeps, what the others wait for, and from where."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from jetfleet.lock import Lock
from jetfleet.lock.file import load_lock, save_lock
from jetfleet.lock.model import LockedBlob, LockedImage
from jetfleet.resources import Image, Model
from jetfleet.resources.base import RunOptions
from jetfleet.resources.image import ImageState
from tests.support.rendered import of

DIGEST = "sha256:" + "a" * 64
NAME = "docker.io/library/x:1"
BLOBS = (LockedBlob(sha256="a" * 64, size=400), LockedBlob(sha256="b" * 64, size=10**9))
LOCKED = {NAME: LockedImage(digest=DIGEST, size=10**9, blobs=BLOBS)}
HOST = {
    "module": "agx-orin-64gb", "jetpack": "6.2", "docker": {}, "groups": ["site"],
    "images": ["x:1"],
}  # fmt: skip
IMAGE = f"image:{NAME}"
FILES = f"model-seed:image-x-{'a' * 12}"


def wanted(folder: Path, host: str, **more: dict[str, Any]) -> dict[str, Any]:
    hosts = {
        name: {**HOST, "address": f"192.0.2.{place}", **more.get(name, {})}
        for place, name in enumerate(("seed", "other"), start=1)
    }
    spec = {"version": 1, "groups": {"site": {}}, "hosts": hosts}
    return of(folder, json.dumps(spec), host, LOCKED)


SEED: dict[str, Any] = {"seed": {"docker": {"seed": True}}}


def test_without_a_seed_nothing_changes(tmp_path: Path) -> None:
    for host in ("seed", "other"):
        image = wanted(tmp_path, host)[IMAGE]
        assert image.near is None
        assert image.reference == f"docker.io/library/x@{DIGEST}"


def test_a_seed_keeps_and_serves_the_blobs(tmp_path: Path) -> None:
    found = wanted(tmp_path, "seed", **SEED)
    assert "unit:jetfleet-seed.service" in found
    assert "package:aria2" in found
    kept, image = found[FILES], found[IMAGE]
    assert type(kept) is Model
    assert [(file.path, file.size) for file in kept.files] == [("a" * 64, 400), ("b" * 64, 10**9)]
    assert kept.folder == image.near.folder
    assert image.after == ()
    assert image.shares == "internet"
    (leftovers,) = (one for key, one in found.items() if key.startswith("leftovers:"))
    assert f"{kept.name}/{kept.revision}" in leftovers.keep


def test_the_others_wait_for_it_and_fetch_from_it(tmp_path: Path) -> None:
    found = wanted(tmp_path, "other", **SEED)
    image = found[IMAGE]
    assert image.reference == f"127.0.0.1:8471/docker.io/library/x@{DIGEST}"
    assert image.near.seeds == ("http://192.0.2.1:8470",)
    assert image.after == (FILES,)
    assert image.shares == ""
    assert "package:aria2" in found
    assert FILES not in found
    absent = ImageState(present=False, tagged=False)
    changes = image.compare(absent, RunOptions())
    assert image.effects(absent, changes).internet == 0
    assert image.effects(absent, changes).lan == 10**9
    assert image.uses_tls(changes)


def test_a_host_of_another_group_does_not(tmp_path: Path) -> None:
    other = {**SEED, "other": {"groups": []}}
    assert wanted(tmp_path, "other", **other)[IMAGE].near is None


def test_a_host_without_a_network_asks_no_seed(tmp_path: Path) -> None:
    offline = {**SEED, "other": {"offline": {"bundle": "bundle"}}}
    near = wanted(tmp_path, "other", **offline)[IMAGE].near
    assert (near.seeds, near.files, near.offline) == ((), (), True)


def test_the_lock_has_the_blobs(tmp_path: Path) -> None:
    path = tmp_path / "lab.lock.yaml"
    save_lock(Lock(images=LOCKED), path, tmp_path / "lab.yaml")
    assert load_lock(path) == Lock(images=LOCKED)
    assert f"- {{sha256: {'b' * 64}, size: 1000000000}}" in path.read_text()


def test_an_image_is_one_whatever_serves_it(tmp_path: Path) -> None:
    plain, near = wanted(tmp_path, "other")[IMAGE], wanted(tmp_path, "other", **SEED)[IMAGE]
    assert isinstance(plain, Image)
    assert (plain.key, plain.id, plain.attributes) == (near.key, near.id, near.attributes)
