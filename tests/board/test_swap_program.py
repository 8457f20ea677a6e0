"""The program that makes a swap file: what it writes, and what it refuses to."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from jetfleet.board import swap
from jetfleet.board.place import Unsafe, place_of

SIZE = 4 << 20

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes swap files")


@pytest.fixture(autouse=True)
def no_reserve(monkeypatch: pytest.MonkeyPatch) -> None:
    """A computer that runs tests may have less than 1 GiB free."""
    monkeypatch.setattr(swap, "RESERVE", 0)


def test_it_is_whole_a_swap_area_and_roots_alone(tmp_path: Path) -> None:
    with place_of(str(tmp_path)) as place:
        swap.make(place, "swapfile", SIZE)
    made = tmp_path / "swapfile"
    found = made.stat()
    assert (found.st_size, found.st_mode & 0o777, found.st_uid) == (SIZE, 0o600, 0)
    assert found.st_blocks * 512 >= SIZE, "the kernel swaps to no file with holes"
    said = subprocess.run(
        ["blkid", "-p", "-o", "value", "-s", "TYPE", made], capture_output=True, check=True
    )
    assert said.stdout == b"swap\n"
    assert [path.name for path in tmp_path.iterdir()] == ["swapfile"]


def test_without_room_nothing_is_left(tmp_path: Path) -> None:
    with place_of(str(tmp_path)) as place, pytest.raises(Unsafe, match=r"swap\.size"):
        swap.make(place, "swapfile", 1 << 50)
    assert not list(tmp_path.iterdir())


def test_an_error_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # without mkswap
    with place_of(str(tmp_path)) as place, pytest.raises(FileNotFoundError):
        swap.make(place, "swapfile", SIZE)
    assert not list(tmp_path.iterdir())


def test_a_link_in_its_place_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "swapfile").symlink_to(tmp_path / "victim")
    (folder / "swapfile.jetfleet-new").symlink_to(tmp_path / "victim")
    with place_of(str(folder)) as place:
        swap.make(place, "swapfile", SIZE)
    assert (tmp_path / "victim").read_text() == "precious"
    assert not (folder / "swapfile").is_symlink()
