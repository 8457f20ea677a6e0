"""What counts as a blank disk right before it is partitioned, on images of disks."""

from __future__ import annotations

import struct
import subprocess
import zlib
from pathlib import Path

import pytest

from jetfleet.board import blank
from jetfleet.steps.program import run_program

SIZE = 8 << 20
OURS = "jetfleet-new"
PMBR = bytes(446) + b"\x00\x00\x02\x00\xee\xff\xff\xff" + struct.pack("<II", 1, 0xFFFF)


def entry(name: str) -> bytes:
    """An entry of a GPT for a partition at 1 MiB."""
    head = b"\xaf" * 16 + b"\x01" * 16 + struct.pack("<QQQ", 2048, 4095, 0)
    return head + name.encode("utf-16-le").ljust(72, b"\0")


def gpt(
    disk: Path, names: list[str], *, copies: str = "pmbr first last", sector: int = 512
) -> Path:
    """Write those copies of a GPT that a power cut has left."""
    table = b"".join(map(entry, names)).ljust(128 * 128, b"\0")
    image = bytearray(SIZE)
    last = SIZE // sector - 1
    for word, place, entries in (("first", 1, 2), ("last", last, last - len(table) // sector)):
        if word in copies:
            header = bytearray(struct.pack(
                "<8sIIIIQQQQ16sQIII", b"EFI PART", 1 << 16, 92, 0, 0, place, last + 1 - place, 34,
                last - 34, b"\x07" * 16, entries, 128, 128, zlib.crc32(table),
            ))  # fmt: skip
            header[16:20] = struct.pack("<I", zlib.crc32(header))
            image[place * sector : place * sector + len(header)] = header
            image[entries * sector : entries * sector + len(table)] = table
    if "pmbr" in copies:
        image[: len(PMBR)] = PMBR
        image[510:512] = b"\x55\xaa"
    disk.write_bytes(image)
    return disk


def found(disk: Path) -> str:
    return blank.found(str(disk), OURS)


def filesystem(disk: Path, place: int = 0) -> Path:
    """Make a filesystem on a disk, or on where its first partition is, without a table's help."""
    command = ["mkfs.ext4", "-q", "-F", "-E", f"offset={place}", str(disk), "4096k"]
    subprocess.run(command, check=True)
    return disk


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    path = tmp_path / "a disk"
    path.write_bytes(bytes(SIZE))
    return path


COPIES = ("pmbr first last", "first last", "first", "last", "pmbr first", "pmbr last")


def test_zeros_are_blank(disk: Path) -> None:
    assert found(disk) == ""


@pytest.mark.parametrize("copies", COPIES)
def test_an_empty_table_is_blank(disk: Path, copies: str) -> None:
    assert found(gpt(disk, [], copies=copies)) == ""


@pytest.mark.parametrize("copies", COPIES)
@pytest.mark.parametrize("sector", [512, 4096])
def test_a_partition_of_ours_that_is_not_finished_is_blank(
    disk: Path, copies: str, sector: int
) -> None:
    assert found(gpt(disk, [OURS], copies=copies, sector=sector)) == ""


@pytest.mark.parametrize("copies", COPIES)
@pytest.mark.parametrize("sector", [512, 4096])
@pytest.mark.parametrize("names", [["jetfleet"], [""], ["data"], [OURS, "data"]])
def test_any_other_partition_is_not(disk: Path, copies: str, sector: int, names: list[str]) -> None:
    assert found(gpt(disk, names, copies=copies, sector=sector)).startswith(
        "a GPT with the partition"
    )


def test_a_filesystem_on_the_disk_is_not(disk: Path) -> None:
    assert found(filesystem(disk)) == "ext4"


def test_a_filesystem_whose_partition_was_removed_is_not(disk: Path) -> None:
    assert "ext4" in found(filesystem(gpt(disk, []), 1 << 20))


@pytest.mark.parametrize("damage", [(72, b"\xff" * 8), (80, b"\xff" * 4), (84, b"\0" * 4)])
def test_a_damaged_header_is_not(disk: Path, damage: tuple[int, bytes]) -> None:
    gpt(disk, ["data"], copies="first")
    place, garbage = damage
    with disk.open("r+b") as file:
        file.seek(512 + place)
        file.write(garbage)
    assert "header" in found(disk)


def test_the_program_names_the_remedy(disk: Path) -> None:
    gpt(disk, ["data"])
    before = disk.read_bytes()
    job = {"device": str(disk), "unfinished": OURS}
    script = "set -e\n" + run_program("gpt.py", "blank.py", job=job) + "echo format\n"
    done = subprocess.run(["sh"], input=script, text=True, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"{disk} is no longer blank (a GPT with the partition data): nothing was written; "
        f"if nothing on it is needed, empty it with `wipefs -a {disk}`, and run again\n"
    )
    assert disk.read_bytes() == before


def test_a_disk_that_cannot_be_read_is_not_written(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"wipefs cannot read .*: nothing was written"):
        found(tmp_path / "away")
