"""aria2 on a board: its command, its control files, and what its errors mean.

https://aria2.github.io/manual/en/html/aria2c.html#exit-status has the codes,
https://aria2.github.io/manual/en/html/technical-notes.html the form of a control file.
"""

from __future__ import annotations

import errno
import re
import struct
from typing import TYPE_CHECKING, Sequence

if TYPE_CHECKING:
    from pathlib import Path

# aria2 1.36, tried out: a control file is saved each second, so that a kill costs about a second
# of transfer; without `none` a partial file has its full size and looks whole. The hash of the
# Metalink is checked before aria2 says that it is done.
COMMAND = (
    "aria2c",
    "--no-conf=true",
    "--file-allocation=none",
    "--auto-save-interval=1",
    "--continue=true",
    "--check-integrity=true",
    "--allow-overwrite=true",
    "--auto-file-renaming=false",
    "--max-connection-per-server=4",
    "--split=4",
    "--min-split-size=4M",
    "--max-concurrent-downloads=2",
    "--uri-selector=inorder",
    "--max-tries=8",
    "--retry-wait=3",
    "--connect-timeout=15",
    "--timeout=30",
    "--max-file-not-found=2",
    "--console-log-level=error",
    "--summary-interval=0",
    "--show-console-readout=false",
    "--download-result=hide",
    "--enable-color=false",
)
# Given the URLs of seeds and hub together, aria2 opens its connections to both at once: so seeds
# are asked on their own. They are near: a seed that does not answer soon is off.
SEEDS = ("--max-tries=2", "--retry-wait=1", "--connect-timeout=5")
IN_ONE_PIECE = ("--split=1", "--max-connection-per-server=1")

UNKNOWN, CHECKSUM = 1, 32
KINDS = {
    2: "again",  # timeout
    5: "again",  # too slow
    6: "again",  # network
    7: "again",  # stopped
    19: "again",  # name resolution
    29: "again",  # overloaded
    8: "ranges",  # no answer in parts
    CHECKSUM: "checksum",
    3: "missing",  # not found
    4: "missing",  # not found, several times
    23: "refused",  # too many redirects
    24: "denied",  # authorization
    9: "full",  # no space
    10: "control",  # piece length differs from the control file's
    11: "control",  # the same file twice
    13: "control",  # a file is there already
    14: "disk",  # rename
    15: "disk",  # open
    16: "disk",  # create
    17: "disk",  # read or write
    18: "disk",  # create a folder
}
"""What each code means for another try. Codes that are not listed cannot be repaired by one."""

ANSWERS = {401: "denied", 403: "denied", 404: "missing", 410: "missing", 416: "ranges"}
ANSWERS[407] = "proxy"
ANSWERS.update(dict.fromkeys((408, 425, 429), "again"))
ANSWERS.update(dict.fromkeys((501, 505, 508, 511), "refused"))
"""What an HTTP status means. Others from 500 on pass by; all that are left are the server's no."""

FOR_GOOD = {"denied", "missing", "proxy", "refused", "tls"}
"""Kinds that no wait repairs."""

ORDER = (
    "full", "disk", "checksum", "control", "tls", "proxy", "ranges", "denied", "refused", "again",
    "missing",
)  # fmt: skip
"""Which kind counts if messages are of several: the first here. Most connections of a fetch can
break for the one reason that another message names."""

ADVICE = ("aria2 will resume", "If there are any errors")
"""How the lines begin in which aria2 advises a person at a terminal."""

_PROXY = "Proxy connection failed"
"""What aria2 says of each answer of a proxy to CONNECT that is no success."""

_COLOUR = re.compile("\x1b\\[[0-9;]*[A-Za-z]")
_CONTROL = re.compile(r"segment file|ctrl file|(piece|total) length mismatch|bitfield|infoHash")
_STATUS = re.compile(r"(?:\bstatus=|Unexpected status )(\d{1,5})")
_UNTRUSTED = re.compile(
    r"SSL/TLS handshake failure:.*"
    r"(signed|activated|expired|certificate|revoked|issuer|insecure|hostname)",
    re.IGNORECASE,
)


def plain(line: str) -> str:
    """Return a line of aria2 without colours, and without the signature of any link."""
    return re.sub("[?][^ ]*", "", _COLOUR.sub("", line.rstrip("\n")))


def worth_reading(lines: Sequence[str]) -> list[str]:
    """Return the lines that say what happened."""
    return [one for one in lines if one.strip() and not one.startswith(ADVICE)]


def kind_of(status: int, lines: Sequence[str]) -> str:
    """Return which kind of failure aria2 had, by its exit status and the codes in its messages."""
    text = "\n".join(lines)
    codes = {status, *map(int, re.findall(r"errorCode=(\d+)", text))}
    found = {KINDS.get(code, "") for code in codes}
    for answer in map(int, _STATUS.findall(text)):
        found.add(ANSWERS.get(answer, "again" if answer >= 500 else "refused"))  # noqa: PLR2004
    if number_of(lines) in {errno.ENOSPC, errno.EDQUOT}:
        found.add("full")
    if _PROXY in text:
        found.add("proxy")
    if codes & {UNKNOWN} and _CONTROL.search(text):
        found.add("control")
    if _UNTRUSTED.search(text):
        found.add("tls")
    elif "SSL/TLS handshake failure" in text or "Failed to establish connection" in text:
        found.add("again")
    return next((kind for kind in ORDER if kind in found), "failed")


def is_for_good(line: str) -> bool:
    """Tell whether a line of aria2 says that the hub refuses a file, and always will."""
    return kind_of(0, [line]) in FOR_GOOD


def number_of(lines: Sequence[str]) -> int:
    """Return the error number of the system that aria2 names; 0 without one."""
    found = re.search(r"errNum=(\d+)", "\n".join(lines))
    return int(found.group(1)) if found else 0


def control_file(path: Path) -> Path:
    """Return where aria2 notes which parts of a file it has."""
    return path.with_name(path.name + ".aria2")


def traces(path: Path) -> list[Path]:
    """Return the control file, and the one that aria2 writes before it renames it."""
    return [control_file(path), path.with_name(path.name + ".aria2__temp")]


def can_resume(path: Path, size: int) -> bool:
    """Tell whether a partial file of a file of `size` bytes has a control file that is whole.

    aria2 refuses one that a full disk or a power cut has cut off, for ever.
    """
    control = control_file(path)
    if any(one.is_symlink() or not one.is_file() for one in (path, control)):
        return False
    try:
        return _is_whole(control.read_bytes(), size) and path.stat().st_size <= size
    except (OSError, struct.error):
        return False


_HEAD = struct.Struct(">HII")
_LENGTHS = struct.Struct(">IQQI")
_PIECE = struct.Struct(">III")


def _is_whole(content: bytes, size: int) -> bool:
    """Tell whether a control file has all its parts, and is of a file of this size."""
    version, _, hash_length = _HEAD.unpack_from(content)
    piece, total, _, bits = _LENGTHS.unpack_from(content, _HEAD.size + hash_length)
    if version != 1 or hash_length or total != size or not piece:
        return False
    pieces = -(-size // piece)
    if bits != -(-pieces // 8):
        return False
    at = _HEAD.size + _LENGTHS.size + bits
    (count,) = struct.unpack_from(">I", content, at)
    at += 4
    for _ in range(min(count, pieces)):
        index, _, length = _PIECE.unpack_from(content, at)
        if index >= pieces:
            return False
        at += _PIECE.size + length
    return bool(count <= pieces and at == len(content))
