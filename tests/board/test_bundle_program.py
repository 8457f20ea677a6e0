"""The programs that serve a board from a bundle on it: nothing of its disk is believed."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests

from jetfleet.steps import bundle as steps
from jetfleet.steps import near_pull
from jetfleet.steps.bundle import Bundle, check_on_board
from tests.support.board_python import board_path
from tests.support.lab import until


def hex_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


class Disk:
    """A bundle on a disk, and a folder that gets its files."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.to = folder / "bundle", folder / "to"
        self.files: dict[str, bytes] = {"wheels/a.whl": b"a" * 100, "debs/1/b.deb": b"b" * 200}
        for path, content in self.files.items():
            (self.folder / path).parent.mkdir(parents=True)
            (self.folder / path).write_bytes(content)
        self.write({path: ["wheels"] for path in self.files})

    def write(self, purposes: dict[str, list[str]], **more: Any) -> None:
        """Write the index that the lock names."""
        rows = [
            {
                "path": path, "size": len(self.files.get(path, b"")),
                "sha256": hex_of(self.files.get(path, b"")), "for": named, **more,
            }
            for path, named in purposes.items()
        ]  # fmt: skip
        text = json.dumps({"version": 1, "files": rows})
        (self.folder / "bundle.json").write_text(text)
        self.index = hex_of(text.encode())

    def run(self, purpose: str = "wheels", *, copy: bool = True) -> tuple[int, str]:
        """Take the files for a purpose; return the status and what was said."""
        found = Bundle(
            str(self.folder), on_board=True, index=self.index, release="36.4.3", files=lambda _: ()
        )
        if copy:
            step = next(steps.bring(found, purpose, str(self.to), "Take"))
        else:
            step = check_on_board(found, purpose, "Check")
        done = subprocess.run(
            ["/bin/sh"], input=step.script, capture_output=True, text=True, check=False,  # type: ignore[union-attr]
            cwd="/", env={"PATH": board_path()},
        )  # fmt: skip
        return done.returncode, done.stderr.strip()


@pytest.fixture
def disk(tmp_path: Path) -> Disk:
    return Disk(tmp_path)


def test_the_files_for_a_purpose_are_copied(disk: Disk) -> None:
    assert disk.run() == (0, "")
    assert {path.name: path.read_bytes() for path in disk.to.iterdir()} == {
        path.rpartition("/")[2]: content for path, content in disk.files.items()
    }
    assert disk.run() == (0, "")


@pytest.mark.parametrize("path", ["wheels/a.whl", "debs/1/b.deb"])
def test_a_changed_byte_is_named(disk: Disk, path: str) -> None:
    content = bytearray(disk.files[path])
    content[50] ^= 1
    (disk.folder / path).write_bytes(content)
    status, said = disk.run()
    assert status == 1
    assert f"{path} differs from the index: copy it to the board again" in said
    assert not list(disk.to.glob("*-new"))
    assert not (disk.to / Path(path).name).exists()


def test_a_file_that_is_cut_off_is_named_without_copying(disk: Disk) -> None:
    (disk.folder / "wheels/a.whl").write_bytes(b"a")
    assert disk.run(copy=False)[1].endswith(
        "wheels/a.whl differs from the index: copy it to the board again"
    )


def test_a_changed_index_is_refused(disk: Disk) -> None:
    path = disk.folder / "bundle.json"
    path.write_text(path.read_text().replace("wheels/a", "wheels/b"))
    assert "bundle.json is not the index that the lock names" in disk.run()[1]


def test_a_missing_disk_is_named(disk: Disk) -> None:
    disk.folder.rename(disk.folder.with_name("elsewhere"))
    assert disk.run()[1].endswith("No such file or directory: is its disk mounted?")


def test_a_purpose_without_files_is_named(disk: Disk) -> None:
    assert "it has nothing for packages 1" in disk.run("packages 1")[1]


@pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "a//b", "wheels/\x1b[31m", "."])
def test_a_path_out_of_the_bundle_is_refused(disk: Disk, path: str) -> None:
    disk.write({path: ["wheels"]})
    status, said = disk.run()
    assert status == 1
    assert "cannot be read (the path leads out of it)" in said
    assert "\x1b" not in said


@pytest.mark.parametrize("place", ["wheels/a.whl", "wheels"])
def test_a_link_is_not_followed(disk: Disk, tmp_path: Path, place: str) -> None:
    path = disk.folder / place
    path.rename(tmp_path / "kept")
    path.symlink_to(tmp_path / "kept")
    assert "wheels/a.whl cannot be read" in disk.run()[1]


def test_a_fifo_holds_nothing_up(disk: Disk) -> None:
    path = disk.folder / "wheels/a.whl"
    path.unlink()
    os.mkfifo(path)
    assert "wheels/a.whl cannot be read (it is not a file)" in disk.run()[1]


@pytest.mark.parametrize("more", [{"size": "9"}, {"size": 2**70}, {"sha256": 7}])
def test_an_index_of_another_form_is_refused(disk: Disk, more: dict[str, Any]) -> None:
    disk.write({"wheels/a.whl": ["wheels"]}, **more)
    status, said = disk.run(copy="size" not in more)
    assert status == 1
    assert "Traceback" not in said


@contextmanager
def registry(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> Iterator[str]:
    """Serve the blobs of a folder while a script runs; yield the base URL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    monkeypatch.setattr(near_pull, "PORT", port)
    monkeypatch.setattr(near_pull, "STATE_DIR", str(folder))
    text = near_pull.served("unit", [str(folder / "none"), str(folder / "blobs")], script)
    with subprocess.Popen(
        ["/bin/sh", "-c", text], cwd="/", env={"PATH": board_path()}, start_new_session=True,
        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        end = time.monotonic() + 20
        while not (folder / "unit.ready").exists() and time.monotonic() < end:
            time.sleep(0.02)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, 15)


MANIFEST = json.dumps({"schemaVersion": 2, "layers": []}).encode()
TYPED = json.dumps({"mediaType": "application/vnd.docker.distribution.manifest.v2+json"}).encode()
LAYER = os.urandom(3 << 20)


def test_the_registry_serves_blobs_by_digest_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = tmp_path / "blobs"
    blobs.mkdir()
    for content in (MANIFEST, TYPED, LAYER):
        (blobs / hex_of(content)).write_bytes(content)
    (tmp_path / "secret").write_text("canary")
    (blobs / ("a" * 64)).symlink_to(tmp_path / "secret")
    (blobs / ("b" * 64)).write_bytes(LAYER)
    with registry(tmp_path, monkeypatch, "sleep 60") as url, requests.Session() as http:
        http.trust_env = False
        assert http.get(f"{url}/v2/").ok
        base = f"{url}/v2/nvcr.io/nvidia/vllm"
        for content, kind in (
            (MANIFEST, "application/vnd.oci.image.manifest.v1+json"),
            (TYPED, "application/vnd.docker.distribution.manifest.v2+json"),
        ):
            asked = f"{base}/manifests/sha256:{hex_of(content)}"
            answer = http.get(asked)
            assert (answer.content, answer.headers["Content-Type"]) == (content, kind)
            assert http.head(asked).headers["Content-Length"] == str(len(content))
        layer = f"{base}/blobs/sha256:{hex_of(LAYER)}"
        assert http.get(layer).content == LAYER
        begin = (1 << 20) + 7
        part = http.get(layer, headers={"Range": f"bytes={begin}-"})
        assert (part.status_code, part.content) == (206, LAYER[begin:])
        for path in (
            f"{base}/blobs/sha256:{'a' * 64}", f"{base}/blobs/sha256:{'0' * 64}",
            f"{base}/manifests/latest", f"{base}/tags/list", f"{url}/", f"{url}/v2/_catalog",
            f"{url}/../../etc/passwd", f"{base}/manifests/sha256:{hex_of(LAYER)}",
        ):  # fmt: skip
            assert http.get(path).status_code == 404, path
        assert http.get(f"{base}/blobs/sha256:{'b' * 64}").content == LAYER
        # It is written once the bytes are on their way, and hashed.
        wrong = tmp_path / "unit.wrong"
        said = until(lambda: wrong.exists() and wrong.read_text(), "the hash that differs")
        assert said.startswith(f"{blobs}/{'b' * 64} differs")


def test_a_port_that_is_taken_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_pull, "STATE_DIR", str(tmp_path))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        monkeypatch.setattr(near_pull, "PORT", port)
        done = subprocess.run(
            ["/bin/sh", "-c", near_pull.served("unit", [], "echo pulled\n")], cwd="/",
            env={"PATH": board_path()}, capture_output=True, text=True, check=False, timeout=30,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"port {port} of the board cannot be used" in done.stderr
    assert "pulled" not in done.stdout
