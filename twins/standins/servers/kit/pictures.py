"""Pictures in a request: read them from their data URI, and measure them."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass

_PNG, _JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8"
_NO_FRAME = {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class Picture:
    """A picture's size in pixels, and its bytes."""

    width: int
    height: int
    data: bytes

    @property
    def pixels(self) -> int:
        """How many there are."""
        return self.width * self.height


def read(url: str) -> Picture:
    """Read `data:image/…;base64,…`; raise `ValueError` with Pillow's message for anything else."""
    head, comma, body = url.partition(",")
    if not head.startswith("data:image/") or not head.endswith(";base64") or not comma:
        raise ValueError(f"cannot fetch image from {url[:40]!r}: this board has no such place")
    try:
        return of(base64.b64decode(body, validate=True))
    except binascii.Error as error:
        raise ValueError(f"cannot identify image file: {error}") from None


def of(data: bytes) -> Picture:
    """Measure the bytes of a PNG or JPEG file; raises `ValueError` for anything else."""
    size = None
    if data.startswith(_PNG) and data[12:16] == b"IHDR" and len(data) >= 24:  # noqa: PLR2004
        size = struct.unpack_from(">II", data, 16)
    elif data.startswith(_JPEG):
        size = _jpeg(data)
    if size is None or 0 in size:
        raise ValueError("cannot identify image file <_io.BytesIO object>")
    return Picture(size[0], size[1], data)


def _jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 - a marker
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:  # noqa: PLR2004
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length
    return None
