"""`jetfleet bundle` as a command: what it refuses before it asks anything."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from ruamel.yaml import YAML

from jetfleet.bundle.index import read_index
from jetfleet.lock.file import load_lock
from tests.support.cli import call

WEIGHTS = b"w" * 5000
DIGEST = hashlib.sha256(WEIGHTS).hexdigest()


def write(folder: Path, host: dict[str, object]) -> Path:
    """A spec of one host with a model of the workstation, and its lock."""
    (folder / "own").mkdir()
    (folder / "own/weights.bin").write_bytes(WEIGHTS)
    spec = folder / "lab.yaml"
    base = {"module": "orin-nano-super", "jetpack": "6.2", "address": "192.0.2.1"}
    spec.write_text(
        json.dumps(
            {
                "version": 1,
                "models": {"own": {"source": "file:own"}},
                "hosts": {"a": {**base, "models": {"use": ["own"]}, **host}},
            }
        )
    )
    assert call("lock", spec).returncode == 0
    return spec


def test_a_fleet_with_a_network_needs_none(tmp_path: Path) -> None:
    done = call("bundle", write(tmp_path, {}), "-o", tmp_path / "bundle")
    assert done.returncode == 1
    assert "no host of" in done.stderr
    assert "write `offline: {bundle: FOLDER}`" in done.stderr
    assert not (tmp_path / "bundle").exists()


def test_an_unknown_host_is_named(tmp_path: Path) -> None:
    spec = write(tmp_path, {"offline": {"bundle": "bundle"}})
    done = call("bundle", spec, "-o", tmp_path / "bundle", "--from", "b")
    assert done.returncode == 1
    assert "--from b: the spec has no such host: name one of a" in done.stderr


def test_it_writes_the_bundle_and_its_hash_into_the_lock(tmp_path: Path) -> None:
    spec = write(tmp_path, {"offline": {"bundle": "bundle"}})
    folder = tmp_path / "bundle"
    done = call("bundle", spec, "-o", folder)
    assert done.returncode == 0, done.stderr
    assert f"wrote {folder}: 1 file, 5 KiB" in done.stdout
    lock = load_lock(tmp_path / "lab.lock.yaml")
    assert lock.bundle is not None
    (one,) = read_index(folder, lock.bundle).files
    revision = lock.models["own"].revision
    assert (one.path, one.sha256) == (f"models/own/{revision}/weights.bin", DIGEST)
    # A later lock keeps it.
    (tmp_path / "own/more.bin").write_bytes(b"more")
    assert call("lock", spec, "--upgrade").returncode == 0
    assert load_lock(tmp_path / "lab.lock.yaml").bundle == lock.bundle
    again = call("bundle", spec, "-o", folder)
    assert "commit it" in again.stdout
    assert f"{folder} has 1 file besides, such as {folder / one.path}" in again.stdout


def test_without_a_lock_nothing_is_made(tmp_path: Path) -> None:
    spec = write(tmp_path, {"offline": {"bundle": "bundle"}})
    (tmp_path / "lab.lock.yaml").unlink()
    done = call("bundle", spec, "-o", tmp_path / "bundle")
    assert done.returncode == 1
    assert "the model own is not locked" in done.stderr


def test_packages_that_are_missing_are_named(tmp_path: Path) -> None:
    apt = {"packages": {"jq": "installed", "htop": "3.0*"}}
    spec = write(tmp_path, {"offline": {"bundle": "bundle"}, "apt": apt})
    done = call("bundle", spec, "-o", tmp_path / "bundle")
    assert done.returncode == 1
    assert f"  htop=3.0*, jq for L4T 36.4.3: {tmp_path}/bundle/debs/36.4.3" in done.stderr
    assert call("bundle", spec, "-o", tmp_path / "bundle", "--no-packages").returncode == 0
    assert YAML(typ="safe").load(tmp_path / "lab.lock.yaml")["bundle"]
