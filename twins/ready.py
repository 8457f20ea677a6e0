"""Wait until twins answer over SSH with exactly the pinned host key."""

from __future__ import annotations

import base64
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

import paramiko

from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_POLL_S = 0.1
# While a twin has no address yet, the kernel waits for seconds; a new attempt is faster.
_KNOCK_S = 0.3
_STEP_S = 5.0


@dataclass(frozen=True)
class Door:
    """The SSH login of one twin."""

    name: str
    address: str
    user: str
    key: Path
    host_key: str  # a line "ssh-ed25519 …"
    password: str = ""  # if the key does not log in yet


def wait_all(doors: Sequence[Door], timeout_s: float, alive: Callable[[], None]) -> None:
    """Return once every twin has run a command over SSH.

    `alive` is called while waiting, and raises if the twins cannot answer any more. Raises
    FleetError after `timeout_s` seconds, with each twin that did not answer, and why.
    """
    deadline = time.monotonic() + timeout_s
    with ThreadPoolExecutor(max_workers=max(1, len(doors))) as pool:
        reasons = list(pool.map(lambda door: _wait(door, deadline, alive), doors))
    silent = [f"{door.name}: {why}" for door, why in zip(doors, reasons, strict=True) if why]
    if silent:
        raise FleetError(
            f"Twins did not answer over SSH within {timeout_s:.0f} s ({'; '.join(silent)}); "
            "read their consoles with `jetfleet twin logs`."
        )


def _wait(door: Door, deadline: float, alive: Callable[[], None]) -> str | None:
    """Return None once the twin answers, or the last reason why it did not."""
    why: str | None = "no attempt"
    while time.monotonic() < deadline:
        alive()
        why = _try(door)
        if why is None:
            return None
        time.sleep(_POLL_S)
    return why


def _try(door: Door) -> str | None:
    try:
        with closing(socket.create_connection((door.address, 22), timeout=_KNOCK_S)) as plug:
            plug.settimeout(_STEP_S)
            # A port that is open before sshd speaks would make paramiko log a traceback.
            if plug.recv(4, socket.MSG_PEEK) != b"SSH-":
                return "no SSH banner"
            return _log_in(plug, door)
    except (OSError, EOFError, paramiko.SSHException) as error:
        return str(error) or type(error).__name__


def _log_in(plug: socket.socket, door: Door) -> str | None:
    with closing(paramiko.Transport(plug)) as transport:
        transport.banner_timeout = _STEP_S
        pinned = paramiko.Ed25519Key(data=base64.b64decode(door.host_key.split()[1]))
        login = paramiko.Ed25519Key.from_private_key_file(str(door.key))
        try:
            transport.connect(hostkey=pinned, username=door.user, pkey=login)
        except paramiko.AuthenticationException:
            if not door.password:
                raise
            transport.auth_password(door.user, door.password)
        channel = transport.open_session(timeout=_STEP_S)
        channel.settimeout(_STEP_S)
        channel.exec_command("true")
        status = channel.recv_exit_status()
        return None if status == 0 else f"`true` ended with status {status}"
