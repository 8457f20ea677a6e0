"""A board whose only route is to the workstation becomes a serving one from a bundle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.cut_off import cut_off, put_folder, tried
from tests.support.lab import MODEL, Lab, no_reboot
from tests.support.lab_cli import Jetfleet

HOST, USB = "nano", "orin"
DISK = "/media/usb/bundle"
LOCAL = "127.0.0.1:8471/"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    def edit(spec: Any) -> None:
        no_reboot(spec)
        spec["defaults"]["apt"] = {"packages": {"aria2": "installed"}}
        spec["hosts"][HOST]["offline"] = {"bundle": "bundle"}
        spec["hosts"][USB]["offline"] = {"bundle": DISK, "on": "board"}

    lab = Lab.up(tmp_path_factory.mktemp("offline"), (HOST, USB), edit)
    try:
        yield lab
    finally:
        lab.down()


@pytest.fixture(scope="module")
def jetfleet(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Jetfleet:
    return Jetfleet(lab, tmp_path_factory.mktemp("runs"))


@pytest.fixture(scope="module")
def bundle(lab: Lab, jetfleet: Jetfleet) -> Path:
    """The bundle, made while the boards still have a network; then they have none."""
    folder = lab.spec.parent / "bundle"
    missing = jetfleet("bundle", "-o", str(folder), status=1)
    assert f"aria2 for L4T 36.4.3: {folder}/debs/36.4.3" in missing.err
    made = jetfleet("bundle", "-o", str(folder), "--from", HOST, status=0)
    assert "commit it" in made.out
    before = (folder / "bundle.json").read_bytes()
    again = jetfleet("bundle", "-o", str(folder), status=0)
    assert (folder / "bundle.json").read_bytes() == before
    assert "commit it" not in again.out
    for host in (HOST, USB):
        cut_off(lab, host)
    return folder


@pytest.fixture(scope="module")
def disk(lab: Lab, bundle: Path) -> Path:
    """The copy of the bundle on the board that has it."""
    return put_folder(lab, USB, bundle, DISK)


def of(bundle: Path, purpose: str) -> Path:
    """The largest file for a purpose."""
    files = json.loads((bundle / "bundle.json").read_text())["files"]
    found = [one for one in files if any(p.startswith(purpose) for p in one["for"])]
    return bundle / str(max(found, key=lambda one: one["size"])["path"])


def flip(path: Path) -> None:
    """Change one byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def refused(jetfleet: Jetfleet, host: str, path: Path) -> str:
    """Return why an apply fails with a changed byte in a file, which is put right again."""
    flip(path)
    try:
        done = jetfleet("apply", "--yes", "--limit", host, status=4)
    finally:
        flip(path)
    return done.out + done.err


KINDS = ("bundle.json", "packages", "image", "model")


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_byte_is_refused_by_name(jetfleet: Jetfleet, bundle: Path, kind: str) -> None:
    path = bundle / kind if kind == "bundle.json" else of(bundle, kind)
    said = " ".join(refused(jetfleet, HOST, path).split())
    assert str(path) in said, said
    assert "copy the bundle again" in said


@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_byte_on_the_board_is_refused_by_name(
    jetfleet: Jetfleet, bundle: Path, disk: Path, kind: str
) -> None:
    path = bundle / kind if kind == "bundle.json" else of(bundle, kind)
    name = str(path.relative_to(bundle))
    said = " ".join(refused(jetfleet, USB, disk / name).split())
    assert (name in said) or (f"{DISK}/{name}" in said), said
    assert "copy it" in said


@pytest.mark.parametrize("host", [HOST, USB])
def test_it_serves_and_has_opened_no_connection(
    lab: Lab, jetfleet: Jetfleet, disk: Path, host: str
) -> None:
    assert disk.is_dir()
    done = jetfleet("apply", "--yes", "--limit", host, status=0)
    assert "cosmos: verified" in done.out
    assert lab.chat(host)
    assert lab.holds(host, "dpkg -s aria2 | grep -q 'Status: install ok installed'")
    assert lab.holds(host, f"test -e {MODEL}/.jetfleet")
    names = lab.sh(host, "docker image inspect $(docker images -q) -f '{{.RepoDigests}}'")
    assert LOCAL in names
    assert tried(lab, host) == 0
    again = jetfleet("plan", "--limit", host, status=0)
    assert "in-sync" in again.out


def test_the_blobs_do_not_stay(lab: Lab) -> None:
    for host in (HOST, USB):
        assert lab.sh(host, "find /mnt/nvme/models -name 'image-*'") == ""
        assert not lab.holds(host, "ss -tln | grep -q 8471")
