"""The program that readies a board for an Ollama of its own, whose user sows links in its store."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from jetfleet.runtimes.ollama.board import native

USER = pwd.struct_passwd(("ollama", "x", 1234, 1235, "", "/nonexistent", "/usr/sbin/nologin"))

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A folder of root's, as that of the verified models."""
    (tmp_path / "victim/models/cosmos").mkdir(parents=True)
    return tmp_path / "victim"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder that another user may write."""
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, USER.pw_uid, USER.pw_gid)
    return home


def ready(store: Path) -> None:
    fd = native.open_store(str(store))
    try:
        native.give(fd, USER)
    finally:
        os.close(fd)


def owners(folder: Path) -> set[int]:
    return {path.lstat().st_uid for path in [folder, *folder.rglob("*")]}


@needs_root
def test_a_store_is_made_and_given_to_the_user(home: Path) -> None:
    ready(home / ".ollama/models")
    assert (home / ".ollama/models").stat().st_uid == 1234
    ready(home / ".ollama/models")


@needs_root
def test_folders_of_a_store_are_given_and_files_are_not(tmp_path: Path) -> None:
    store = tmp_path / "store"
    (store / "manifests/a/b").mkdir(parents=True)
    (store / "blobs").mkdir()
    (store / "blobs/sha256-0").write_text("verified")
    ready(store)
    assert owners(store / "manifests") == {1234}
    assert (store / "blobs/sha256-0").stat().st_uid == 0


def links(store: Path, victim: Path) -> None:
    (store / "manifests").symlink_to(victim)


def deep_links(store: Path, victim: Path) -> None:
    (store / "manifests/a").mkdir(parents=True)
    (store / "manifests/a/models").symlink_to(victim / "models")


def hard_links(store: Path, victim: Path) -> None:
    (victim / "file").touch()
    (store / "file").hardlink_to(victim / "file")


def fifos(store: Path, _: Path) -> None:
    os.mkfifo(store / "manifests")


@needs_root
@pytest.mark.parametrize("sow", [links, deep_links, hard_links, fifos])
def test_what_a_link_leads_to_stays_roots(
    tmp_path: Path, victim: Path, sow: Callable[[Path, Path], None]
) -> None:
    store = tmp_path / "store"
    store.mkdir()
    os.chown(store, 1234, 1235)
    sow(store, victim)
    ready(store)
    assert owners(victim) == {0}


@needs_root
@pytest.mark.parametrize("name", [".ollama", ".ollama/models"])
def test_a_link_above_the_store_is_refused_in_one_sentence(
    home: Path, victim: Path, name: str
) -> None:
    link = home / name
    link.parent.mkdir(exist_ok=True)
    os.chown(link.parent, 1234, 1235)
    link.symlink_to(victim)
    with pytest.raises(SystemExit, match=f"{link} is a link or a file, and {link.parent} can be"):
        ready(home / ".ollama/models")
    assert owners(victim) == {0}


@needs_root
def test_a_link_that_only_root_can_have_made_is_followed(tmp_path: Path) -> None:
    (tmp_path / "nvme").mkdir()
    (tmp_path / "data").symlink_to(tmp_path / "nvme")
    tmp_path.chmod(0o755)
    ready(tmp_path / "data/ollama")
    assert (tmp_path / "nvme/ollama").stat().st_uid == 1234


@needs_root
def test_no_depth_ends_the_start(tmp_path: Path) -> None:
    deep = tmp_path / "store" / "/".join("d" * 400)
    deep.mkdir(parents=True)
    ready(tmp_path / "store")
    assert (tmp_path / "store/d/d/d/d/d").stat().st_uid == 1234


def test_archives_are_unpacked_once_and_versions_of_before_go(tmp_path: Path) -> None:
    (tmp_path / "source/bin").mkdir(parents=True)
    program = tmp_path / "source/bin/ollama"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    archive = tmp_path / "ollama.tgz"
    subprocess.run(["tar", "-C", tmp_path / "source", "-czf", archive, "bin"], check=True)
    folder = tmp_path / "opt/new"
    (tmp_path / "opt/old/bin").mkdir(parents=True)
    native.unpack(str(folder), [str(archive)])
    assert [path.name for path in folder.parent.iterdir()] == ["new"]
    archive.unlink()
    native.unpack(str(folder), [str(archive)])
    assert os.access(folder / "bin/ollama", os.X_OK)
