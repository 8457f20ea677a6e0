"""A bundle on the workstation: whatever is changed in it is refused by the name of its file."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from jetfleet.bundle import opened
from jetfleet.bundle.index import NAME, Index, read_index
from jetfleet.bundle.opened import OpenedBundle
from jetfleet.bundle.wanted import Wanted, merged
from jetfleet.errors import FleetError

FILES = {"models/m/r1/weights.bin": b"w" * 1000, "models/m/r1/deep/a name.json": b"{}"}
PURPOSE = "model m"


def hex_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def row(path: str, content: bytes, **more: Any) -> dict[str, Any]:
    return {"path": path, "size": len(content), "sha256": hex_of(content), "for": [PURPOSE], **more}


def write(folder: Path, rows: list[dict[str, Any]], **more: Any) -> OpenedBundle:
    """Write an index that the lock names, and open the bundle."""
    folder.mkdir(exist_ok=True)
    text = json.dumps({"version": 1, "files": rows, **more})
    (folder / NAME).write_text(text, encoding="utf-8")
    return OpenedBundle(folder, hex_of(text.encode()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path, content in FILES.items():
        (tmp_path / "bundle" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "bundle" / path).write_bytes(content)
    return tmp_path / "bundle"


@pytest.fixture
def bundle(folder: Path) -> OpenedBundle:
    return write(folder, [row(path, content) for path, content in FILES.items()])


def refused(bundle: OpenedBundle) -> str:
    with pytest.raises(FleetError) as caught:
        bundle.files(PURPOSE)
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_files_are_found_by_purpose(bundle: OpenedBundle, folder: Path) -> None:
    assert {one.path: one.local for one in bundle.files(PURPOSE)} == {
        path: folder / path for path in FILES
    }
    assert bundle.files("model other") == []
    found = bundle.model("m", "r1", ["weights.bin"])
    assert found == {"weights.bin": folder / "models/m/r1/weights.bin"}


def test_a_model_of_another_revision_is_named(bundle: OpenedBundle) -> None:
    with pytest.raises(FleetError, match=r"does not have models/m/r2/weights.bin: make it again"):
        bundle.model("m", "r2", ["weights.bin"])


@pytest.mark.parametrize("path", [*FILES])
def test_a_changed_byte_is_named(bundle: OpenedBundle, folder: Path, path: str) -> None:
    content = bytearray(FILES[path])
    content[-1] ^= 1
    (folder / path).write_bytes(content)
    assert f"{folder}/{path} differs from the bundle's index: copy the bundle" in refused(bundle)


def test_a_file_that_is_changed_during_a_run_is_named(bundle: OpenedBundle, folder: Path) -> None:
    bundle.files(PURPOSE)
    path = folder / "models/m/r1/weights.bin"
    about = path.stat()
    path.write_bytes(b"x" * about.st_size)
    os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert "weights.bin differs" in refused(bundle)


def test_a_file_is_read_once(bundle: OpenedBundle, monkeypatch: pytest.MonkeyPatch) -> None:
    bundle.files(PURPOSE)
    monkeypatch.setattr(opened, "sha256_of", lambda _: "")
    assert len(bundle.files(PURPOSE)) == 2


def test_a_missing_file_is_named(bundle: OpenedBundle, folder: Path) -> None:
    (folder / "models/m/r1/weights.bin").unlink()
    assert "weights.bin of the bundle cannot be read (No such file" in refused(bundle)


@pytest.mark.parametrize("place", ["models/m/r1/weights.bin", "models/m/r1", "models"])
def test_a_link_is_not_followed(bundle: OpenedBundle, folder: Path, place: str) -> None:
    (folder / place).rename(folder.parent / "kept")
    (folder / place).symlink_to(folder.parent / "kept")
    assert "of the bundle cannot be read" in refused(bundle)


def test_a_changed_index_is_named(bundle: OpenedBundle, folder: Path) -> None:
    text = (folder / NAME).read_text()
    (folder / NAME).write_text(text.replace("model m", "model n"))
    assert f"{folder / NAME} is not the index that the lock names" in refused(bundle)


@pytest.mark.parametrize("content", [None, "link", "folder"])
def test_an_index_that_cannot_be_read_is_named(
    bundle: OpenedBundle, folder: Path, content: str | None
) -> None:
    (folder / NAME).unlink()
    if content == "link":
        (folder / NAME).symlink_to("/dev/zero")
    if content == "folder":
        (folder / NAME).mkdir()
    assert f"has no index {NAME} that can be read" in refused(bundle)


@pytest.mark.parametrize(
    "one",
    [
        row("../secret", b""),
        row("/etc/passwd", b""),
        row("a//b", b""),
        row("wheels/\x1b[31m", b""),
        row("a\nb", b""),
        row("x" * 2000, b""),
        row(".jetfleet", b""),
        row("a", b"", size=-1),
        row("a", b"", size=2**70),
        row("a", b"", size="many"),
        row("a", b"", sha256="0" * 63),
        row("a", b"", **{"for": "model m"}),
        row("a", b"", more=1),
        {"path": "a"},
    ],
)
def test_an_entry_of_another_form_is_refused(folder: Path, one: dict[str, Any]) -> None:
    assert "is not an index of this version" in refused(write(folder, [one]))


@pytest.mark.parametrize("more", [{"version": 2}, {"files": {}}, {"other": 1}])
def test_an_index_of_another_version_is_refused(folder: Path, more: dict[str, Any]) -> None:
    assert "make the bundle again with `jetfleet bundle`" in refused(write(folder, [], **more))


def test_an_index_nested_without_end_is_refused(folder: Path) -> None:
    text = "[" * 100_000
    (folder / NAME).write_text(text)
    with pytest.raises(FleetError, match="is not an index of this version"):
        read_index(folder, hex_of(text.encode()))


def test_the_same_files_make_the_same_index(tmp_path: Path) -> None:
    one = Wanted("b", 1, "1" * 64, ("x",), "b")
    other = Wanted("a", 2, "2" * 64, ("z", "y"), "a")
    shared = Wanted("b", 1, "1" * 64, ("w",), "b")
    first = Index.of(found.entry for found in merged([one, other, shared]))
    second = Index.of(found.entry for found in merged([shared, other, one]))
    assert first.text == second.text
    assert [(found.path, found.purposes) for found in first.files] == [
        ("a", ("y", "z")),
        ("b", ("w", "x")),
    ]
    first.write(tmp_path)
    assert read_index(tmp_path, first.sha256) == first
