"""Ask the supervisor of virtual Jetsons whether a file that sends runs to them is its own.

A supervisor is root's. While it runs, it listens at ``/run/jetfleet/jf<number>/confirm``, and
answers each connection with the spec of its twins and the SHA-256 of their overlay, as JSON. Only
root can write to these folders, so no other user can answer in its place.
"""

from __future__ import annotations

import hashlib
import socket
import stat
import struct
from contextlib import suppress
from pathlib import Path

from jetfleet.errors import FleetError
from jetfleet.text import read_object

RUN = Path("/run/jetfleet")
"""The folder of all fleets of twins on this workstation."""

CONFIRM = "confirm"
"""The name of the socket in the folder of one fleet."""

_ROOT = 0
_SECONDS = 5
_MOST = 64 * 1024
_CREDENTIALS = "3i"


def digest_of(overlay: bytes) -> str:
    """Return what a supervisor confirms of an overlay: the SHA-256 of the whole file, in hex."""
    return hashlib.sha256(overlay).hexdigest()


def check_confirmed(spec: Path, overlay: bytes, fleet: int | None) -> None:
    """Return if the supervisor of fleet number `fleet` confirms this overlay of this spec.

    Raises
    ------
    FleetError
        No supervisor answers, it is not root's, or the overlay is not the one that it has written.

    """
    why = "it names no supervisor"
    if fleet is not None:
        why = _doubt(spec, overlay, RUN / f"jf{fleet}")
    if why:
        raise FleetError(
            f"{spec.with_suffix('.twins.yaml')} would send this run to virtual Jetsons, but {why}: "
            f"end the twins with `jetfleet twin down {spec}`, or remove the file"
        )


def _doubt(spec: Path, overlay: bytes, folder: Path) -> str:
    """Return why an overlay does not count; empty if its supervisor confirms it."""
    for path in (RUN, folder):
        with suppress(OSError):
            status = path.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != _ROOT or status.st_mode & 0o022:
                return f"{path} is not a folder that only root can write"
    try:
        answer = _answer(folder / CONFIRM)
    except (OSError, ValueError):
        return "their supervisor does not answer"
    if answer.get("spec") != str(spec.resolve()):
        return "their supervisor has another spec"
    if answer.get("overlay") != digest_of(overlay):
        return "the file was changed after their supervisor had written it"
    return ""


def _answer(path: Path) -> dict[str, object]:
    """Return the answer of the supervisor at `path`; raise `ValueError` if it is not root's."""
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(_SECONDS)
        peer.connect(str(path))
        size = struct.calcsize(_CREDENTIALS)
        _, user, _ = struct.unpack(
            _CREDENTIALS, peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size)
        )
        if user != _ROOT:
            raise ValueError(f"user {user} listens")
        text = b""
        while len(text) < _MOST and (part := peer.recv(_MOST)):
            text += part
    return read_object(text)
