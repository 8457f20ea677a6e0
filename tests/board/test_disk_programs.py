"""The programs that read a board's disks, on small filesystems of this computer."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jetfleet.board import disk, disks, mounts, storage, writable
from jetfleet.converge.board_trouble import board_trouble
from jetfleet.converge.disk_trouble import ask_disks
from jetfleet.resources import Filesystem, RunOptions
from jetfleet.resources.filesystem.disk import read_disks
from jetfleet.resources.filesystem.health import Health, read_health
from jetfleet.steps import Refused, Result
from jetfleet.steps.program import run_program

SIZE = 8 << 20
root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a filesystem, which needs root")


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A small ext4 filesystem of its own."""
    image, folder = tmp_path / "image", tmp_path / "a disk"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(SIZE)
    subprocess.run(["mkfs.ext4", "-q", "-F", "-m", "0", str(image)], check=True)
    # A process of its own unmounts: the end of its input ends the mount, also if the tests die.
    keeper = subprocess.Popen(
        ["sh", "-c", 'mount -o loop "$1" "$2" && echo; cat; umount -l "$2"', "-", image, folder],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert keeper.stdout
    assert keeper.stdout.readline() == b"\n"
    yield folder
    keeper.communicate()
    assert keeper.returncode == 0


def health(folder: Path) -> Health:
    """What a survey reads of a filesystem."""
    script = run_program(
        "foreign_json.py",
        "mounts.py",
        "writable.py",
        job={"disks": [{"mount": str(folder), "device": "/dev/x"}]},
    )
    done = subprocess.run(["sh"], input=script, text=True, capture_output=True, check=True)
    return read_health(done.stdout.removeprefix("health ").strip())


def looked(said: str, titles: list[str] | None = None) -> str:
    """What is said of this computer beside an error; `titles` gets that of each question."""

    def query(script: str, title: str) -> Result:
        (titles if titles is not None else []).append(title)
        shell = ["setsid", "-w", "sh"]
        done = subprocess.run(shell, input=script, text=True, capture_output=True, check=True)
        return Result(ok=True, out=done.stdout)

    return board_trouble(said, query)


@root
def test_a_filesystem_that_works_is_left_as_it_was(small: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in [small, *small.iterdir()]}
    found = health(small)
    assert found.refusal("/dev/x") == ""
    assert "rw" in found.options
    assert {path.name: path.stat().st_mtime_ns for path in [small, *small.iterdir()]} == before


@root
def test_only_the_filesystem_of_the_error_is_named(small: Path, tmp_path: Path) -> None:
    other = tmp_path / "credentials"
    other.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "none", str(other)], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
        said = looked(f"cp: cannot create '{small}/x': Read-only file system")
        assert f"{small} is read-only" in said
        assert str(other) not in said
        assert str(other) in looked("cp: Read-only file system")
    finally:
        subprocess.run(["umount", str(other)], check=True)


@root
def test_read_only_is_seen_and_named(small: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(small)], check=True)
    found = health(small)
    assert "ro" in found.options
    assert found.error == "EROFS"
    assert found.refusal("/dev/x").startswith("the NVMe is read-only (/dev/x at ")
    sentence = f"{small} is read-only: look at `dmesg`, run fsck or replace the disk"
    assert sentence in looked("sh: 9: cannot create x: Read-only file system").split("; ")


@root
def test_an_error_of_the_kernel_is_seen(small: Path) -> None:
    """`errors=remount-ro` and an error: newer kernels keep `rw` among the options."""
    subprocess.run(["mount", "-o", "remount,errors=remount-ro", str(small)], check=True)
    source = next(m.source for m in mounts.mounts() if m.target == str(small))
    trigger = Path(f"/sys/fs/ext4/{Path(source).name}/trigger_fs_error")
    trigger.write_text("a test")
    assert health(small).refusal("/dev/x").startswith("the NVMe is read-only")


@root
def test_a_full_filesystem_can_be_written_and_is_named(small: Path) -> None:
    subprocess.run(["sh", "-c", f"cat /dev/zero > '{small}/fill'"], check=False)
    assert health(small).refusal("/dev/x") == ""
    said = looked("tar: Cannot write: No space left on device")
    assert f"no space left on {small}: 0 MiB are free; free some (" in said
    assert disk.is_low(small)
    assert disk.trouble(errno.ENOSPC, small / "x", 5 << 20).startswith(
        f"no space left on {small}: 0 MiB are free, 69 MiB are needed; free some"
    )


@root
def test_a_filesystem_without_inodes_is_named(small: Path) -> None:
    subprocess.run(["sh", "-c", f"cd '{small}' && touch $(seq 9999)"], check=False)
    sentence = f"no inodes are left on {small}: remove files there, then run again"
    assert sentence in looked("base64: write error: No space left on device").split("; ")
    assert disk.full(small) == sentence


def test_no_other_error_asks_the_board() -> None:
    def never(script: str, title: str) -> Result:
        raise AssertionError(title + script)

    assert board_trouble("dockerd refuses the settings", never) == ""
    assert board_trouble("no space left on /mnt: 0 MiB are free; free some", never) == ""


def test_a_board_that_is_gone_says_so() -> None:
    def lost(script: str, title: str) -> Result:
        del script
        raise Refused(f"the connection was lost at {title}: run again")

    said = board_trouble("x: No space left on device", lost)
    assert said == "the connection was lost at Look at the board: run again"


def test_a_board_is_asked_once_about_disks_and_docker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "systemctl").write_text(
        "#!/bin/sh\n"
        "case $1 in show) printf 'Id=docker.service\\nActiveState=activating\\n"
        "SubState=auto-restart\\n' ;; esac\n"
    )
    (tmp_path / "systemctl").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    titles: list[str] = []
    said = looked("could not pull x: write /none/layer: no space left on device", titles)
    assert titles == ["Look at the board"]
    assert said.endswith("docker ended a moment ago, and systemd starts it again: look at "
                         "`journalctl -u docker`, and run again in a minute")  # fmt: skip
    assert "full" in said or "no space left" in said


def test_an_answer_without_disks_says_what_to_look_at() -> None:
    question = ask_disks("x: No space left on device")
    assert question
    assert question.read("").startswith("no disk is full or read-only any more: look at `df`")


def test_a_write_that_hangs_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writable, "write_error", lambda _: time.sleep(3))
    began = time.monotonic()
    assert writable.write_error_in_time(str(tmp_path), 0.3) == "no answer"
    assert time.monotonic() - began < 2


def test_a_folder_without_nameless_files_is_written_and_left_empty(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(path: str, flags: int, mode: int = 0o777) -> int:
        if flags & os.O_TMPFILE == os.O_TMPFILE:
            raise OSError(errno.EOPNOTSUPP, "no")
        return real(path, flags, mode)

    monkeypatch.setattr(writable.os, "open", refuse)
    assert writable.write_error(str(tmp_path)) == ""
    assert not any(tmp_path.iterdir())


def test_names_of_disks_lead_to_their_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(storage.stat, "S_ISBLK", lambda _: True)
    for name in ("nvme0n1", "nvme0n1p1", "nvme0n1p12", "nvme0n1px", "nvme0n10", "sda", "sda2"):
        (tmp_path / name).touch()
    (tmp_path / "by-id").symlink_to("nvme0n1")
    (tmp_path / "loop").symlink_to("loop")
    fstab = tmp_path / "fstab"
    fstab.write_bytes(
        b"# /dev/x /\n\n  /dev/../dev/none\t/a\\040b ext4 \xff\ndevice /dev/y\nLABEL=a /c"
    )
    monkeypatch.setattr(storage, "FSTAB", str(fstab))
    devices = [str(tmp_path / name) for name in ("by-id", "sda", "sdb", "loop", "none/x")]
    storage.main({"disks": [{"device": one, "mount": "/none"} for one in devices]})
    said = capfdbinary.readouterr().out.decode(errors="surrogateescape").replace(f"{tmp_path}/", "")
    found = read_disks(f"{said}mount x /x\n")
    assert list(found.blocks) == ["nvme0n1", "nvme0n1p1", "nvme0n1p12", "sda", "sda2"]
    assert found.links == {
        "by-id": "nvme0n1", "sda": "sda", "sdb": "sdb", "loop": "loop", "none/x": "none/x",
        "/dev/../dev/none": "/dev/none",
    }  # fmt: skip
    assert found.fstab == [
        ["#", "/dev/x", "/"], [], ["/dev/../dev/none", "/a\\040b", "ext4", "\udcff"],
        ["device", "/dev/y"], ["LABEL=a", "/c"],
    ]  # fmt: skip


def test_disks_are_read_as_they_are_mounted_here() -> None:
    one = Filesystem("/dev/none/x", "/none")
    done = subprocess.run(
        ["sh", "-s"], input=Filesystem.survey([one], RunOptions()),
        text=True, capture_output=True, check=True,
    )  # fmt: skip
    found = Filesystem.read(done.stdout, [one])[one.key]
    assert (found.device, found.mounted, found.health.mount) == ("", "", "/none")
    assert {mount.target for mount in mounts.mounts()} >= {
        line.split()[2] for line in done.stdout.splitlines() if line.startswith("mount ")
    }


def test_mounts_with_any_name_are_read() -> None:
    text = (
        "36 35 98:0 / /mnt/a\\040b rw,noatime master:1 - ext4 /dev/nvme0n1p1 rw,errors=remount-ro\n"
        "37 35 98:1 / /mnt/c ro - ext4 /dev/sda1 rw\n"
        "38 35 98:2 / /mnt/d rw - ext4 /dev/sdb1 rw,emergency_ro\n"
    )
    found = list(mounts.read(text.splitlines(keepends=True)))
    assert [(one.target, one.read_only) for one in found] == [
        ("/mnt/a b", False), ("/mnt/c", True), ("/mnt/d", True),
    ]  # fmt: skip
    snap = found[1]._replace(target="/", type="squashfs")
    assert disks.trouble(snap, "read-only") == ""
    assert disks.trouble(snap._replace(type="ext4"), "read-only").startswith("/ is read-only")
    assert disks.trouble(snap._replace(type="ext4"), "full") == ""


@pytest.mark.parametrize(
    ("printed", "warning"),
    [
        ('{"critical_warning": 4}', 4),
        ('{"critical_warning": {"value": 8, "reliability": 0}}', 8),
        ('{"critical_warning": "high"}', 0),
        ("[]", 0),
        ("Usage: nvme", 0),
        ("", 0),
    ],
)
def test_the_warning_of_an_nvme_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, warning: int
) -> None:
    program = tmp_path / "nvme"
    program.write_text(f"#!/bin/sh\ncat <<'E'\n{printed}\nE\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    assert writable.critical_warning("/dev/nvme0n1") == warning
    assert writable.critical_warning("/dev/sda") == 0


def test_a_warning_is_a_note_and_no_refusal() -> None:
    about = {"mount": "/mnt/nvme", "options": ["rw"], "error": "", "warning": 5}
    found = read_health(json.dumps(about))
    assert found.refusal("/dev/nvme0n1") == ""
    assert found.note("/dev/nvme0n1") == (
        "the NVMe /dev/nvme0n1 warns: its spare blocks are almost used up, it is no longer "
        "reliable (`nvme smart-log /dev/nvme0n1`): plan to replace it"
    )
    assert (
        Filesystem("/dev/nvme0n1", "/mnt/nvme").fstab_options.split(",")[1] == "errors=remount-ro"
    )
    own = Filesystem("/dev/nvme0n1", "/mnt/nvme", options=("errors=panic",))
    assert own.fstab_options == "defaults,errors=panic,nofail,x-systemd.device-timeout=30s"
    assert "errors" not in Filesystem("/dev/nvme0n1", "/m", filesystem="xfs").fstab_options
