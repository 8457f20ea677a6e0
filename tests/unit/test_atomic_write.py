"""A file that is rewritten is the old one or the new one, never a part of either."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jetfleet.atomic_write import atomic_write


def test_the_old_one_stays_until_the_new_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "known_hosts"
    atomic_write(path, "old\n")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            atomic_write(path, "new\n")
    assert path.read_text() == "old\n"
    atomic_write(path, "new\n")
    assert [(one.name, one.read_text()) for one in tmp_path.iterdir()] == [("known_hosts", "new\n")]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("old\n")
    (tmp_path / "link").symlink_to("there")
    atomic_write(tmp_path / "link", "new\n")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_text() == "new\n"
