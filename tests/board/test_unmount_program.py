"""The program that unmounts a filesystem, on an /etc/fstab in a scratch folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jetfleet.board import unmount
from jetfleet.board.place import Unsafe

OPTION = "x-systemd.device-timeout=30s"
OURS = f"UUID=12 {{path}} ext4 defaults,nofail,{OPTION} 0 2"
OTHERS = """# a comment of a person
UUID=11 / ext4 defaults 0 1

UUID=13 /mnt/theirs ext4 defaults 0 2"""
PROGRAM = """#!/bin/sh
echo "$(basename "$0") $*" >> {log}
exit {status}
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root writes root's files")


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder /etc, and programs that note how they are called."""
    monkeypatch.setattr(unmount, "ETC", str(tmp_path / "etc"))
    (tmp_path / "etc").mkdir()
    _programs(tmp_path, 0)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    return tmp_path / "etc"


def _programs(folder: Path, status: int) -> None:
    (folder / "bin").mkdir(exist_ok=True)
    for name, ends in (("umount", status), ("systemctl", 0)):
        program = folder / "bin" / name
        program.write_text(PROGRAM.format(log=folder / "log", status=ends))
        program.chmod(0o755)


def _write(etc: Path, path: str) -> Path:
    file = etc / "fstab"
    file.write_text(f"{OTHERS}\n{OURS.format(path=path)}\n")
    file.chmod(0o600)
    return file


def test_its_line_goes_and_all_others_stay(etc: Path, tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    file = _write(etc, str(mount))
    unmount.unmount(str(mount), OPTION)
    assert file.read_text() == f"{OTHERS}\n"
    assert file.stat().st_mode & 0o777 == 0o600
    assert not mount.exists()
    assert (tmp_path / "log").read_text() == "systemctl daemon-reload\n"


def test_files_below_the_mount_point_stay(etc: Path, tmp_path: Path) -> None:
    mount = tmp_path / "mount"
    mount.mkdir()
    (mount / "precious").write_text("words")
    _write(etc, str(mount))
    unmount.unmount(str(mount), OPTION)
    assert (mount / "precious").read_text() == "words"


def test_what_is_mounted_is_unmounted_before_its_line_goes(etc: Path, tmp_path: Path) -> None:
    file = _write(etc, "/proc")
    unmount.unmount("/proc", OPTION)
    assert (tmp_path / "log").read_text() == "umount -- /proc\nsystemctl daemon-reload\n"
    assert file.read_text() == f"{OTHERS}\n"


def test_one_in_use_stays_with_its_line(etc: Path, tmp_path: Path) -> None:
    file = _write(etc, "/proc")
    before = file.read_text()
    _programs(tmp_path, 32)
    with pytest.raises(Unsafe, match="fuser -vm /proc"):
        unmount.unmount("/proc", OPTION)
    assert file.read_text() == before


@pytest.mark.parametrize("line", ["UUID=13 /proc proc defaults 0 0", f"# {OURS}"])
def test_a_line_of_another_is_not_touched(etc: Path, tmp_path: Path, line: str) -> None:
    (etc / "fstab").write_text(line.format(path="/proc") + "\n")
    unmount.unmount("/proc", OPTION)
    assert not (tmp_path / "log").exists()
