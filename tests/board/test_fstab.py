"""/etc/fstab as the program that mounts a disk replaces it: in place, as strict as it was."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from jetfleet.board import program

LINE = "UUID=u1 /mnt/nvme ext4 defaults 0 2\n"


def write(fstab: Path) -> subprocess.CompletedProcess[str]:
    """Run the part of the program that writes the file, with another path for it."""
    functions = program("mount.sh").partition("mount_it() {")[0]
    script = functions.replace("/etc/fstab", str(fstab)) + (
        "type=ext4\nchanged=\nwrite_fstab u1 /mnt/nvme defaults\necho changed=$changed\n"
    )
    return subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that root alone may write, with all above it; a test's own is below /tmp."""
    if os.getuid() != 0:
        pytest.skip("needs root, as the program does")
    (tmp_path / "etc").mkdir()
    return tmp_path / "etc"


def test_the_file_keeps_owner_and_mode(folder: Path) -> None:
    fstab = folder / "fstab"
    fstab.write_text("//nas/x /x cifs password=canary 0 0\n")
    fstab.chmod(0o600)
    os.chown(fstab, 1, 2)
    done = write(fstab)
    assert (done.returncode, done.stdout) == (0, "changed=yes\n"), done.stderr
    assert fstab.read_text() == "//nas/x /x cifs password=canary 0 0\n" + LINE
    assert (fstab.stat().st_mode & 0o777, fstab.stat().st_uid, fstab.stat().st_gid) == (0o600, 1, 2)
    assert list(folder.iterdir()) == [fstab]
    again = write(fstab)
    assert (again.returncode, again.stdout) == (0, "changed=\n")
    assert list(folder.iterdir()) == [fstab]


@pytest.mark.parametrize("at", ["/mnt/nvme", "/mnt/nvme/", "//mnt//nvme//"])
def test_each_spelling_of_the_mount_point_is_replaced(folder: Path, at: str) -> None:
    fstab = folder / "fstab"
    fstab.write_text(f"# UUID=u1 {at}\nUUID=u0 / ext4 x 0 1\nUUID=u1 {at} ext4 defaults 0 2\n")
    assert write(fstab).stdout == "changed=yes\n" if at != "/mnt/nvme" else "changed=\n"
    assert fstab.read_text() == f"# UUID=u1 {at}\nUUID=u0 / ext4 x 0 1\n{LINE}"


def test_a_link_into_a_folder_that_others_may_write_is_refused(folder: Path) -> None:
    shared = folder / "shared"
    shared.mkdir(mode=0o777)
    shared.chmod(0o777)
    (shared / "fstab").write_text("old\n")
    (folder / "fstab").symlink_to("shared/fstab")
    done = write(folder / "fstab")
    assert done.returncode == 1
    assert "is a link to" in done.stderr
    assert f"others than root can write in {shared}" in done.stderr
    assert (shared / "fstab").read_text() == "old\n"
    assert (folder / "fstab").is_symlink()


def test_a_link_stays_a_link(folder: Path) -> None:
    # A test's folder is below /tmp, where all may write: the check has a test of its own.
    kept = folder / "kept"
    kept.mkdir()
    (kept / "fstab").write_text("old\n")
    (folder / "fstab").symlink_to("kept/fstab")
    functions = program("mount.sh").partition("mount_it() {")[0]
    script = functions.replace("/etc/fstab", str(folder / "fstab")) + (
        "check_place() { :; }\ntype=ext4\nwrite_fstab u1 /mnt/nvme defaults\n"
    )
    subprocess.run(["sh"], input=script, text=True, check=True)
    assert (folder / "fstab").is_symlink()
    assert (kept / "fstab").read_text() == f"old\n{LINE}"
    assert list(kept.iterdir()) == [kept / "fstab"]
