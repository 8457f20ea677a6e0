"""A bundle is made from a registry and a folder: resumed, checked, and each blob once."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from jetfleet.bundle import download, make
from jetfleet.bundle.index import Index
from jetfleet.bundle.make import Needs, stale
from jetfleet.errors import FleetError
from jetfleet.lock import Lock
from jetfleet.lock.model import LockedFile, LockedImage, LockedModel
from jetfleet.spec.model import ModelSpec
from jetfleet.workstation.workstation import Workstation
from tests.support.blob_registry import Images, digest_of, serving

SHARED, OWN, OTHER, FOREIGN = (os.urandom(size) for size in (300_000, 200_000, 100_000, 50_000))
FIRST, SECOND = "docker.io/library/first:1", "docker.io/library/second:1"
WEIGHTS = b"w" * 70_000
CONFIG = b'{"architecture": "arm64", "os": "linux"}'
BLOBS = sum(map(len, (SHARED, OWN, OTHER, CONFIG)))


class Site(NamedTuple):
    """A registry, the workstation, and what a fleet needs of them."""

    images: Images
    workstation: Workstation
    needs: Needs
    folder: Path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setattr(download.time, "sleep", lambda _: None)
    images = Images()
    both = images.index(
        amd64=images.image(SHARED, FOREIGN, machine="amd64"), arm64=images.image(SHARED, OWN)
    )
    plain = images.image(SHARED, OTHER)
    (tmp_path / "own").mkdir()
    (tmp_path / "own/weights.bin").write_bytes(WEIGHTS)
    digest = hashlib.sha256(WEIGHTS).hexdigest()
    file = LockedFile(path="weights.bin", size=len(WEIGHTS), sha256=digest)
    lock = Lock(
        images={
            FIRST: LockedImage(digest=both, size=500_000),
            SECOND: LockedImage(digest=plain, size=400_000),
        },
        models={"own": LockedModel(source="file:own", revision="r1", files=(file,))},
    )
    with serving(images) as url:
        side = Workstation(
            known_hosts=tmp_path / "known_hosts", folder=tmp_path, registries={"docker.io": url}
        )
        model = ModelSpec.model_validate({"name": "own", "source": "file:own"})
        needs = Needs(lock, {"own": model}, {}, (), {}, {})
        yield Site(images, side, needs, tmp_path / "bundle")


def made(site: Site, needs: Needs | None = None) -> Index:
    return make.make(needs or site.needs, site.folder, site.workstation, lambda _: None)


def hex_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_it_is_an_oci_layout_for_arm64_alone_with_each_blob_once(site: Site) -> None:
    index = made(site)
    layout = json.loads((site.folder / "images/index.json").read_text())
    assert json.loads((site.folder / "images/oci-layout").read_text())["imageLayoutVersion"]
    named = {
        one["annotations"]["org.opencontainers.image.ref.name"]: one["digest"]
        for one in layout["manifests"]
    }
    assert named == {name: image.digest for name, image in site.needs.lock.images.items()}
    blobs = {
        path.name: path.read_bytes() for path in (site.folder / "images/blobs/sha256").iterdir()
    }
    assert all(hex_of(content) == name for name, content in blobs.items())
    assert {hex_of(one) for one in (SHARED, OWN, OTHER)} < set(blobs)
    assert hex_of(FOREIGN) not in blobs
    assert site.images.layers_sent() == BLOBS
    purposes = {one.sha256: one.purposes for one in index.files}
    assert len(purposes[hex_of(SHARED)]) == 2
    assert (site.folder / "models/own/r1/weights.bin").read_bytes() == WEIGHTS


def test_every_file_is_in_the_index_with_size_and_hash(site: Site) -> None:
    index = made(site)
    assert stale(site.folder, index) == []
    for one in index.files:
        content = (site.folder / one.path).read_bytes()
        assert (len(content), hex_of(content)) == (one.size, one.sha256)
        assert one.purposes


def test_made_twice_it_is_the_same_and_nothing_is_downloaded(site: Site) -> None:
    first = made(site)
    site.images.sent.clear()
    assert made(site).sha256 == first.sha256
    assert site.images.layers_sent() == 0
    shutil.rmtree(site.folder)
    assert made(site).sha256 == first.sha256


def test_only_what_is_missing_or_changed_is_downloaded(site: Site) -> None:
    first = made(site)
    blobs = site.folder / "images/blobs/sha256"
    (blobs / hex_of(OWN)).unlink()
    changed = bytearray(OTHER)
    changed[7] ^= 1
    (blobs / hex_of(OTHER)).write_bytes(changed)
    site.images.sent.clear()
    assert made(site) == first
    assert site.images.layers_sent() == len(OWN) + len(OTHER)


def test_a_download_that_breaks_off_goes_on(site: Site) -> None:
    site.images.most = 2 * 65536
    made(site)
    assert site.images.layers_sent() == BLOBS


def test_what_was_brought_stays_under_no_final_name(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_TRIES", 1)
    site.images.most = 1000
    with pytest.raises(FleetError, match="cut off"):
        made(site)
    found = site.folder.glob("images/blobs/sha256/*")
    assert all(hex_of(path.read_bytes()) == path.name for path in found)
    assert not (site.folder / "bundle.json").exists()
    site.images.most = 0
    made(site)
    assert not (site.folder / ".partial").exists()


def test_a_server_without_ranges_sends_it_again(site: Site) -> None:
    partial = site.folder / ".partial"
    partial.mkdir(parents=True)
    (partial / hex_of(SHARED)).write_bytes(SHARED[:1000])
    site.images.ranges = False
    made(site)
    assert (site.folder / f"images/blobs/sha256/{hex_of(SHARED)}").read_bytes() == SHARED


def test_a_partial_file_that_is_wrong_is_not_used(site: Site) -> None:
    partial = site.folder / ".partial"
    partial.mkdir(parents=True)
    (partial / hex_of(SHARED)).write_bytes(b"x" * 1000)
    with pytest.raises(FleetError, match="has another SHA-256 than the lock"):
        made(site)
    made(site)


def test_a_registry_that_sends_another_layer_is_refused(site: Site) -> None:
    site.images.content[digest_of(OWN)] = OTHER + OTHER
    with pytest.raises(FleetError, match=rf"{hex_of(OWN)[:12]} of image {FIRST}.*another SHA-256"):
        made(site)
    assert not (site.folder / "bundle.json").exists()


@pytest.mark.parametrize("said", [{"size": -1}, {"size": "9"}, {"size": 2**60}, {"digest": "../x"}])
def test_a_manifest_of_another_form_is_refused(site: Site, said: dict[str, Any]) -> None:
    config = {**site.images.blob(b"{}"), **said}
    manifest = json.dumps({"config": config, "layers": []}).encode()
    digest = str(site.images.blob(manifest)["digest"])
    lock = Lock(images={FIRST: LockedImage(digest=digest, size=1)})
    with pytest.raises(FleetError, match="in an unknown form"):
        made(site, Needs(lock, {}, {}, (), {}, {}))


def test_a_manifest_of_another_type_is_refused(site: Site) -> None:
    manifest = json.dumps({"mediaType": "text/html", "config": {}, "layers": []}).encode()
    digest = str(site.images.blob(manifest)["digest"])
    lock = Lock(images={FIRST: LockedImage(digest=digest, size=1)})
    with pytest.raises(FleetError, match="not the type of a manifest"):
        made(site, Needs(lock, {}, {}, (), {}, {}))


def test_room_is_checked_first(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(site.folder.parent)._replace(free=1000)
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: usage)
    with pytest.raises(FleetError, match=r"are still to come, and .* has 1 KiB free: choose"):
        made(site)
    assert site.images.layers_sent() == 0


def test_a_changed_folder_of_a_model_is_named(site: Site) -> None:
    (site.folder.parent / "own/weights.bin").write_bytes(WEIGHTS[:-1] + b"x")
    with pytest.raises(FleetError, match=r"weights.bin of model own has another SHA-256"):
        made(site)


def test_packages_that_no_board_brings_are_named_with_their_folder(site: Site) -> None:
    needs = Needs(site.needs.lock, site.needs.models, {}, (), {"36.4.3": ["aria2", "a=1:2.0*"]}, {})
    with pytest.raises(FleetError) as caught:
        made(site, needs)
    assert f"  aria2, a=1:2.0* for L4T 36.4.3: {site.folder}/debs/36.4.3" in str(caught.value)
    debs = site.folder / "debs/36.4.3"
    debs.mkdir(parents=True)
    (debs / "aria2_1.36_arm64.deb").write_bytes(b"aria2")
    (debs / "a_2.0-1_arm64.deb").write_bytes(b"a")
    index = made(site, needs)
    found = [one.path for one in index.files if "packages 36.4.3" in one.purposes]
    assert found == ["debs/36.4.3/a_2.0-1_arm64.deb", "debs/36.4.3/aria2_1.36_arm64.deb"]


def test_a_link_in_the_folder_is_not_followed(site: Site, tmp_path: Path) -> None:
    debs = site.folder / "debs/36.4.3"
    debs.mkdir(parents=True)
    (tmp_path / "secret").write_text("canary")
    (debs / "aria2_1_arm64.deb").symlink_to(tmp_path / "secret")
    needs = Needs(Lock(), {}, {}, (), {"36.4.3": ["aria2"]}, {})
    with pytest.raises(FleetError):
        made(site, needs)
