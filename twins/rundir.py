"""The numbers of fleets on this workstation, and how to talk to the supervisor of each.

`/run/jetfleet/jf<n>/` belongs to fleet n. Its supervisor listens there while it runs: a socket that
refuses a connection means that the supervisor was killed.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import struct
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jetfleet.errors import FleetError
from jetfleet.workstation.supervisor import CONFIRM, RUN, digest_of
from twins.network import FLEETS, Network

if TYPE_CHECKING:
    from collections.abc import Iterator

_OVERLAY = "overlay"
_TIMEOUT_S = 30.0


def folder(number: int) -> Path:
    """Return the run folder of fleet `number`."""
    return RUN / Network(number).bridge


@contextmanager
def exclusive() -> Iterator[None]:
    """Hold the lock under which fleets are started and stopped on this workstation."""
    RUN.mkdir(exist_ok=True)
    RUN.chmod(0o755)  # with any umask: who can write there could answer for a supervisor
    with (RUN / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def claim(state: Path) -> int:
    """Take the lowest number that is free, for the fleet with this state folder.

    Until its supervisor listens, the number belongs to this process.
    """
    for number in range(FLEETS):
        if not folder(number).exists() and not Network(number).exists():
            folder(number).mkdir(parents=True)
            folder(number).chmod(0o755)
            (folder(number) / "starter").write_text(str(os.getpid()), encoding="ascii")
            (folder(number) / "state").symlink_to(state)
            return number
    raise FleetError(
        f"All {FLEETS} fleets of twins are in use; end some with `jetfleet twin down`."
    )


def release(number: int) -> None:
    """Release the number."""
    shutil.rmtree(folder(number), ignore_errors=True)


def number_of(state: Path) -> int | None:
    """Return the number that this state folder has claimed, or None."""
    for link in RUN.glob("jf*/state"):
        with suppress(OSError):
            if link.readlink() == state:
                return int(link.parent.name.removeprefix("jf"))
    return None


def claimed() -> list[tuple[int, Path]]:
    """Return every claimed number with its fleet's state folder."""
    return sorted(
        (int(link.parent.name.removeprefix("jf")), link.readlink())
        for link in RUN.glob("jf*/state")
    )


def is_starting(number: int) -> bool:
    """Return whether the process that claimed this number is still starting its fleet."""
    try:
        starter = int((folder(number) / "starter").read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        return False
    return Path(f"/proc/{starter}").exists()


def listen(number: int) -> socket.socket:
    """Open the control socket of fleet `number`; called by its supervisor."""
    control = _listening(folder(number) / "control")
    (folder(number) / "starter").unlink(missing_ok=True)
    return control


def listen_confirming(number: int) -> socket.socket:
    """Open the socket that confirms the overlay of fleet `number` to the user who started it."""
    path = folder(number) / CONFIRM
    confirming = _listening(path)
    give_to_caller(path)
    return confirming


def _listening(path: Path) -> socket.socket:
    path.unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(path))
    path.chmod(0o600)
    listening.listen()
    return listening


def record_overlay(number: int, overlay: bytes) -> None:
    """Note the overlay that the supervisor of fleet `number` confirms from now on."""
    scratch = folder(number) / f".{_OVERLAY}"
    scratch.write_text(digest_of(overlay), encoding="ascii")
    scratch.replace(folder(number) / _OVERLAY)


def confirm(confirming: socket.socket, number: int, spec: str | None) -> None:
    """Answer one connection: the spec of the fleet, and the digest of its overlay."""
    with suppress(OSError), confirming.accept()[0] as peer:
        peer.settimeout(1)
        try:
            overlay = (folder(number) / _OVERLAY).read_text(encoding="ascii")
        except FileNotFoundError:
            overlay = ""
        peer.sendall(json.dumps({"spec": spec, "overlay": overlay}).encode())


def give_to_caller(path: Path) -> None:
    """Make the person who called sudo the owner of a file that pyinfra reads as that person."""
    if "SUDO_UID" in os.environ:
        os.chown(path, int(os.environ["SUDO_UID"]), int(os.environ["SUDO_GID"]))


def ask(number: int, do: str, host: str = "") -> dict[str, Any] | None:
    """Send a command to the supervisor of fleet `number`; return its answer, or None without one.

    Raises FleetError when the supervisor answers with an error.
    """
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(_TIMEOUT_S)
        try:
            peer.connect(str(folder(number) / "control"))
            peer.sendall(json.dumps({"do": do, "host": host}).encode())
            raw = peer.recv(65536)
        except (FileNotFoundError, ConnectionError):
            return None
    answer: dict[str, Any] | None = json.loads(raw) if raw else None
    if answer is not None and "error" in answer:
        raise FleetError(f"The twins' supervisor could not {do} {host}: {answer['error']}.")
    return answer


def supervisor(number: int) -> int | None:
    """Return the process id of fleet `number`'s supervisor, or None."""
    with socket.socket(socket.AF_UNIX) as peer:
        try:
            peer.connect(str(folder(number) / "control"))
        except (FileNotFoundError, ConnectionError):
            return None
        # The kernel translates the listener's id to the namespace of this process.
        raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", raw)[0])
