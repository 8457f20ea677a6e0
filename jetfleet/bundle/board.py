"""A board that reaches its apt sources: scripts as the user that logs in, and files from there."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import paramiko

from jetfleet import ssh
from jetfleet.errors import FleetError
from jetfleet.hostkeys.check import HostKeyRefused
from jetfleet.steps.shell import words
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from paramiko import Channel

    from jetfleet.bundle.wanted import Source
    from jetfleet.spec.model import HostSpec
    from jetfleet.workstation.workstation import Workstation

_SECONDS = 1800
_MOST = 16 << 20
_PIECE = 1 << 20


@dataclass(frozen=True)
class OnlineBoard:
    """An open connection to a host of the spec; `begin` opens a session on it."""

    name: str
    begin: Callable[[], Channel]

    def run(self, script: str) -> str:
        """Return what a script prints; raise `FleetError` if it fails."""
        with self._explained(), self.begin() as channel:
            channel.settimeout(_SECONDS)
            channel.exec_command("exec /bin/sh -s")
            channel.sendall(script.encode())
            channel.shutdown_write()
            out = bytearray()
            while len(out) < _MOST and (piece := channel.recv(_PIECE)):
                out += piece
            said = channel.makefile_stderr("rb").read(_PIECE)
            status = channel.recv_exit_status()
        if status:
            why = printable(" / ".join(said.decode(errors="replace").splitlines()[-3:]))
            raise FleetError(f"{self.name} cannot download packages: {why or f'status {status}'}")
        return out.decode(errors="replace")

    def file(self, path: str) -> Source:
        """Return the source of a file of the board."""

        def pieces(begin: int) -> Generator[bytes]:
            with self._explained(), self.begin() as channel:
                channel.settimeout(_SECONDS)
                channel.exec_command(f"exec tail -c +{begin + 1} -- {words([path])}")
                while piece := channel.recv(_PIECE):
                    yield piece

        return pieces

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (paramiko.SSHException, OSError, EOFError) as error:
            raise FleetError(
                f"the connection to {self.name} was lost ({error}): run again, it goes on"
            ) from error


def _session(client: paramiko.SSHClient) -> Channel:
    transport = client.get_transport()
    if transport is None:
        raise EOFError("it is closed")
    return transport.open_session()


@contextmanager
def online_board(host: HostSpec, workstation: Workstation) -> Iterator[OnlineBoard]:
    """Connect to a host of the spec as a run does; raise `FleetError` if that fails."""
    login = workstation.hosts.get(host.name)
    address, port = (login.address, login.port) if login else (host.address, host.port)
    key: Path | None = workstation.key
    if key is None and host.ssh.key:
        key = Path(host.ssh.key).expanduser()
    connection = ssh.connection(host.ssh.user, address, port, key, workstation.known_hosts)
    with ExitStack() as connected:
        try:
            client = connected.enter_context(connection)
        except (paramiko.SSHException, OSError, EOFError, HostKeyRefused) as error:
            raise FleetError(
                f"{host.name} cannot be reached at {host.ssh.user}@{address}:{port} ({error}): "
                "check it with `jetfleet status SPEC`"
            ) from error
        yield OnlineBoard(host.name, partial(_session, client))
