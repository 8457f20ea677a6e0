"""One connection to a board that is adopted, and one script on it as root."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import paramiko

from jetfleet import ssh
from jetfleet.adopt.read import SECONDS
from jetfleet.adopt.write import Login
from jetfleet.errors import FleetError
from jetfleet.hostkeys.check import HostKeyRefused
from jetfleet.steps import NoAnswer, Refused, failure
from jetfleet.text import printable
from jetfleet.transport.answer import result_of
from jetfleet.transport.exchange import Exchange, exchange
from jetfleet.transport.script import SHELL, to_send
from jetfleet.transport.ssh_session import NoSessionError
from jetfleet.transport.sudo import OPTION, REJECTED, Gate, answered_command, why_rejected
from jetfleet.transport.unanswered import asks_for_password, why_no_session
from jetfleet.workstation.login_key import login_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SHELL = (*SHELL, "adopt")


@dataclass(frozen=True)
class Target:
    """How to reach a board: user and address, the private key's file, and the pinned host keys.

    Parameters
    ----------
    sudo_password:
        What sudo may ask the user for; empty if it must not ask.

    """

    user: str
    address: str
    port: int
    key: Path | None
    known_hosts: Path
    sudo_password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.user}@{self.address}:{self.port}"


def run_as_root(target: Target, script: str, seconds: int = SECONDS) -> tuple[str, Login]:
    """Run a script as root on a board, sent on standard input; return its output.

    Parameters
    ----------
    seconds:
        The longest that it may take; on the board too.

    Raises
    ------
    FleetError
        The host's key is not the pinned one, nobody answers, the login or root is refused, or the
        script fails.

    """
    if target.key and (wrong := login_key(str(target.key)).wrong):
        raise FleetError(wrong.replace("`ssh.key`", "`-i`"))
    connection = ssh.connection(
        target.user, target.address, target.port, target.key, target.known_hosts
    )
    with _explained(target), connection as client:
        transport = client.get_transport()
        if transport is None:
            raise FleetError(f"{target}: the board closed the connection at once: try again")
        line = ssh.known_line(target.address, target.port, transport.get_remote_server_key())
        password = "" if target.user == "root" else target.sudo_password
        sent = Gate(to_send(script, seconds).encode(), password)
        done = exchange(transport, _command(target), sent, seconds)
        output = _output(target, done, seconds)
    key = str(target.key) if target.key else None
    asks = bool(password)
    return output, Login(target.user, target.address, target.port, key, line, asks)


def _command(target: Target) -> str:
    if target.user == "root":
        return " ".join(_SHELL)
    if target.sudo_password:
        return answered_command(_SHELL)
    return " ".join(("sudo", "-n", *_SHELL))


def _output(target: Target, done: Exchange, seconds: int) -> str:
    """Return what the script printed; raise `FleetError` if it failed."""
    if asks_for_password(done):
        raise FleetError(
            f"sudo asks {target.user} for a password on {target.address}, and adopt reads a board "
            f"as root: give it with `{OPTION}`, or log in as root"
        )
    if done.ended == REJECTED:
        raise FleetError(f"{target.address}: {why_rejected(target.user, 'the terminal')}")
    try:
        result = result_of(done, "adopt", seconds)
    except NoAnswer as late:
        longer = "; or give it longer with --timeout" if seconds < SECONDS else ""
        raise FleetError(f"{target.address} could not be read: {late}{longer}") from late
    except Refused as refusal:
        raise FleetError(f"{target.address} could not be read: {refusal}") from refusal
    if not result.ok:
        raise FleetError(f"{target.address} could not be read: {printable(failure(result))}")
    return result.out


@contextmanager
def _explained(target: Target) -> Iterator[None]:
    """Raise `FleetError` with a remedy for what goes wrong with a connection."""
    try:
        yield
    except paramiko.BadHostKeyException as error:
        raise FleetError(
            f"{target} shows another host key than {target.known_hosts} has: find out why (a board "
            "that was flashed has a new key) before you replace it there"
        ) from error
    except paramiko.PasswordRequiredException as error:
        raise FleetError(
            f"the key {target.key or 'in ~/.ssh'} needs its passphrase: add it to the agent with "
            "`ssh-add`, then run again"
        ) from error
    except paramiko.AuthenticationException as error:
        raise FleetError(
            f"{target} refuses the login ({error}): log in with `ssh` first, or name the key with "
            "-i"
        ) from error
    except socket.gaierror as error:
        raise FleetError(
            f"{target.address} has no address ({error.strerror}): correct the name, or write the "
            "board's IP address"
        ) from error
    except HostKeyRefused as error:
        raise FleetError(f"{target} is not trusted: {error}") from error
    except NoSessionError as error:
        raise FleetError(f"{target}: {why_no_session(str(error))}") from error
    except (paramiko.SSHException, OSError, EOFError) as error:
        if "No host key for" in str(error):
            raise FleetError(
                f"the host key of {target} is not in {target.known_hosts}: log in once with `ssh` "
                "and compare the key that it shows, or name the file that has it with "
                "--known-hosts"
            ) from error
        raise FleetError(
            f"{target} does not answer ({error}): check address, port and power"
        ) from error
