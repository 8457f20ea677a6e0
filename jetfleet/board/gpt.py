"""The partitions in each GPT of a disk, of copies too that the kernel does not see.

A power cut while a GPT is written can leave one of its two copies, or both without the protective
MBR: the kernel, blkid and sfdisk then show a disk without partitions.
UEFI Specification, 5.3: GUID Partition Table.
"""

from __future__ import annotations

import os
import struct
from typing import BinaryIO, Iterator

SIGNATURE = b"EFI PART"
SECTORS = (512, 4096)

# Where the entries are, how many, and the bytes of each: from byte 72 of a header.
_ENTRIES = struct.Struct("<QII")
_LEAST, _NAME = 128, slice(56, 128)
_MOST = 1 << 20
"""Bytes of entries that are read; a GPT has 16 KiB of them as a rule."""


class UnreadableError(ValueError):
    """A header leads to entries that cannot be there."""


def tables(disk: BinaryIO) -> list[list[str]]:
    """Return the names of the partitions in each copy of a GPT; raise `UnreadableError`.

    A copy with a wrong checksum counts, and an entry of which any byte is set.
    """
    return [list(_names(disk, sector, header)) for sector, header in _headers(disk)]


def _headers(disk: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Yield each header, with the bytes of a sector as its place has them."""
    size = disk.seek(0, os.SEEK_END)
    for sector in SECTORS:
        for place in (sector, size - sector):
            header = _read(disk, place, 92)
            if header.startswith(SIGNATURE):
                yield sector, header


def _names(disk: BinaryIO, sector: int, header: bytes) -> Iterator[str]:
    first, count, size = _ENTRIES.unpack_from(header, 72)
    if size < _LEAST or not 0 < count * size <= _MOST:
        raise UnreadableError("a header of the GPT is damaged")
    table = _read(disk, first * sector, count * size)
    if len(table) < count * size:
        raise UnreadableError("a header of the GPT leads past the end of the disk")
    for place in range(0, len(table), size):
        entry = table[place : place + size]
        if any(entry):
            yield entry[_NAME].decode("utf-16-le", "replace").rstrip("\0")


def _read(disk: BinaryIO, place: int, size: int) -> bytes:
    if not 0 <= place < 1 << 63:
        return b""
    disk.seek(place)
    return disk.read(size)
