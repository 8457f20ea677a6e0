"""What a lock and a board get of an image that a seed serves: blobs, and links without a login."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from jetfleet.hubs.image_registry import blob_links, with_blobs
from jetfleet.lock.model import LockedImage
from jetfleet.spec.registry import Registry
from jetfleet.workstation.workstation import Workstation
from tests.support.blob_registry import Images, serving

LAYER, FOREIGN = b"l" * 1000, b"f" * 500
NAME = "docker.io/library/x:1"
USER = Registry.model_validate({"user": "me", "password": {"env": "TOKEN"}})


@pytest.fixture
def images() -> Images:
    return Images()


@pytest.fixture
def station(images: Images, tmp_path: Path) -> Iterator[Workstation]:
    with serving(images) as url:
        yield Workstation(
            known_hosts=tmp_path / "known_hosts", folder=tmp_path,
            registries={"docker.io": url}, secrets={"TOKEN": "canary-token"},
        )  # fmt: skip


@pytest.fixture
def locked(images: Images, station: Workstation) -> LockedImage:
    both = images.index(amd64=images.image(FOREIGN, machine="amd64"), arm64=images.image(LAYER))
    return with_blobs(LockedImage(digest=both, size=1000), NAME, station)


def test_the_lock_gets_all_that_a_board_pulls(images: Images, locked: LockedImage) -> None:
    assert locked.blobs is not None
    assert len(locked.blobs) == 4  # index, manifest, configuration, layer
    assert locked.blobs[0].sha256 == locked.digest.partition(":")[2]
    assert all(len(images.content[f"sha256:{one.sha256}"]) == one.size for one in locked.blobs)
    assert not any(one.size == len(FOREIGN) for one in locked.blobs)


def asked(locked: LockedImage) -> list[str]:
    return [one.sha256 for one in locked.blobs or ()]


def test_manifests_come_with_the_job_and_a_public_registry_is_asked_itself(
    images: Images, station: Workstation, locked: LockedImage
) -> None:
    links = blob_links(locked, NAME, asked(locked), station)
    index, manifest, config, layer = asked(locked)
    assert {*links.content} == {index, manifest}
    assert links.content[index] == images.content[locked.digest]
    base = "https://registry-1.docker.io/v2/library/x/blobs"
    assert links.urls == {one: (f"{base}/sha256:{one}",) for one in (config, layer)}


@pytest.mark.parametrize("login", ["", "Basic " + base64.b64encode(b"me:canary-token").decode()])
def test_a_board_gets_the_signed_link(
    images: Images, station: Workstation, locked: LockedImage, login: str
) -> None:
    images.redirect, images.login = "https://store.example/blob", login
    links = blob_links(locked, NAME, asked(locked), station, USER)
    assert {url for (url,) in links.urls.values()} == {
        "https://store.example/blob?signature=canary"
    }


def test_a_login_is_never_given_to_a_board(
    images: Images, station: Workstation, locked: LockedImage
) -> None:
    images.login = "Basic " + base64.b64encode(b"me:canary-token").decode()
    with pytest.raises(FleetError, match="gives the layers of its images only with its login") as e:
        blob_links(locked, NAME, asked(locked), station, USER)
    assert "canary" not in str(e.value)
