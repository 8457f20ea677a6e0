"""Compression of a connection: scripts get small, and what is large is not held up.

A script of 40 KiB needs three round trips on its way to a board that is far away, for TCP begins
with ten segments (RFC 6928). Compressed it needs one.
"""

from __future__ import annotations

import zlib

from paramiko import SSHException

NAMES = ("zlib@openssh.com", "none")
"""What is asked for. This zlib begins after the login, so that no stranger reaches it."""

LARGEST = 1 << 20
"""The most bytes of a packet; sshd sends at most 256 KiB."""

_LEVEL = 6
_RAW = -zlib.MAX_WBITS
_HEAD = b"\x78\x9c"
"""What a stream of zlib begins with, RFC 1950."""

_LARGE, _SAMPLE, _POOR = 1 << 14, 1 << 10, 0.7


class Compressor:
    """Makes one stream of zlib of the packets of a connection.

    A large packet in which nothing repeats, as of a file in base64, is only coded by how often each
    byte occurs: that takes the third away which base64 adds, five times as fast as a search would.
    Both are blocks of the same format: each coder begins without a history, and ends at a byte.
    """

    def __init__(self) -> None:
        self._text = self._coder()
        self._head = _HEAD

    def __call__(self, data: bytes) -> bytes:
        """Return the blocks of a packet."""
        if len(data) >= _LARGE and _is_dense(data):
            coder = self._coder(zlib.Z_HUFFMAN_ONLY)
            self._text = self._coder()  # its history is behind what the board looks back upon
        else:
            coder = self._text
        head, self._head = self._head, b""
        return head + coder.compress(data) + coder.flush(zlib.Z_SYNC_FLUSH)

    @staticmethod
    def _coder(strategy: int = zlib.Z_DEFAULT_STRATEGY) -> zlib._Compress:
        return zlib.compressobj(_LEVEL, zlib.DEFLATED, _RAW, strategy=strategy)


class Decompressor:
    """Reads the packets of a connection, each within `LARGEST`."""

    def __init__(self) -> None:
        self._coder = zlib.decompressobj()

    def __call__(self, data: bytes) -> bytes:
        """Return a packet.

        Raises
        ------
        SSHException
            It is larger than any packet, or damaged.

        """
        try:
            packet = self._coder.decompress(data, LARGEST)
        except zlib.error as error:
            raise SSHException(f"a packet that is damaged: {error}") from error
        if self._coder.unconsumed_tail:
            raise SSHException(f"a packet of more than {LARGEST} bytes")
        return packet


def _is_dense(data: bytes) -> bool:
    """Tell whether a search finds little that repeats, by the first kilobyte."""
    sample = data[:_SAMPLE]
    return len(zlib.compress(sample, 1)) > _POOR * len(sample)
