"""The connection that pyinfra has to a host: how it runs a script, and when it is lost."""

from __future__ import annotations

import shlex
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from paramiko import SSHException
from pyinfra.api.arguments import CONNECTOR_ARGUMENT_KEYS, pop_global_arguments
from pyinfra.api.command import StringCommand
from pyinfra.api.exceptions import ConnectError
from pyinfra.api.output import echo
from pyinfra.connectors.util import extract_control_arguments

from jetfleet.converge.as_root import as_root
from jetfleet.converge.show import Shown
from jetfleet.hostkeys.check import CheckedTransport
from jetfleet.inventory.open_files import using
from jetfleet.steps import Refused
from jetfleet.transport.exchange import Exchange, exchange
from jetfleet.transport.script import LOCK_SECONDS, SHELL
from jetfleet.transport.ssh_session import NoSessionError
from jetfleet.transport.unanswered import why_no_session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from paramiko import Transport
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.transport.body import Sent

LOST = (OSError, EOFError, SSHException, ConnectError, TimeoutError)

KEEPALIVE_SECONDS = 10
DEAD_SECONDS = 60
"""How long a board may be silent before its connection counts as lost."""


def has_connection(host: Host) -> bool:
    """Tell whether pyinfra reaches a host over SSH, and not by a connector such as ``@local``."""
    return getattr(host.connector, "client", None) is not None


def execute(state: State, host: Host, title: str, sent: Sent, seconds: float) -> Exchange:
    """Run what is sent in a shell on a host, over the connection that pyinfra has.

    The command is built by pyinfra, with sudo and everything else that the host's data ask for; if
    sudo asks for a password, see `as_root`. A connector that is not SSH runs it by itself.

    Raises
    ------
    Refused
        The board refuses a session, or sudo the password; or pieces cannot follow.
    OSError, EOFError, SSHException
        The connection is lost; see `LOST`.

    """
    shell = (*SHELL, shlex.quote(title))
    arguments = _arguments(state, host)
    if not has_connection(host):
        if sent.pieces is not None:
            raise Refused(f"“{title}” sends a file, which comes to a host over SSH alone")
        arguments.update(_stdin=sent.text, _timeout=seconds + LOCK_SECONDS)
        return _by_pyinfra(state, host, StringCommand(*shell), arguments)
    with using(host.connector):
        return _over_ssh(state, host, shell, sent, seconds)


def _over_ssh(
    state: State, host: Host, shell: tuple[str, ...], sent: Sent, seconds: float
) -> Exchange:
    arguments: Any = _arguments(state, host)
    transport = _transport(host)
    if transport is None or not transport.is_active():
        raise EOFError("there is no connection")
    _end_if_dead(transport)
    extract_control_arguments(arguments)
    shown = Shown(host.print_prefix) if state.print_output else None

    def attempt(command: StringCommand, password: str = "") -> Exchange:
        if state.print_input:
            echo(f"{host.print_prefix}>>> {command}", err=True)
        line = command.get_raw_value()
        show = shown.show if shown else lambda *_: None
        return exchange(transport, line, sent.gate(password), seconds, show)

    try:
        return as_root(host, shell, arguments, attempt)
    except NoSessionError as error:
        raise Refused(why_no_session(str(error))) from error
    finally:
        if shown:
            shown.close()


_ARGUMENTS: dict[tuple[int, str], Mapping[str, Any]] = {}


def _arguments(state: State, host: Host) -> dict[str, Any]:
    """Return what the host's data and pyinfra's configuration say of the way to run a command.

    They are the same for a whole run, and pyinfra takes a millisecond to gather them.
    """
    place = (id(state), host.name)
    if place not in _ARGUMENTS:
        given, _ = pop_global_arguments(state, host, {})
        _ARGUMENTS[place] = {k: v for k, v in given.items() if k in CONNECTOR_ARGUMENT_KEYS}
    return dict(_ARGUMENTS[place])


def _by_pyinfra(state: State, host: Host, command: StringCommand, arguments: Any) -> Exchange:  # noqa: ANN401
    ok, output = host.run_shell_command(
        command, print_output=state.print_output, print_input=state.print_input, **arguments
    )
    out, err = (bytearray(f"{text}\n".encode()) for text in (output.stdout, output.stderr))
    return Exchange(out, err, status=0 if ok else 1)


def connect_again(host: Host, address: str = "") -> bool:
    """Connect to a host once more, with a new login; tell whether that worked.

    Parameters
    ----------
    address:
        Where it may be now; empty: where it was. Its host key must be the pinned one there too.

    """
    # The connector, not the host: that one would log each of many attempts.
    try:
        host.connector.disconnect()
        if address:
            _close(host)
            if not _move(host, address):
                return False
        host.connector.connect()
    except LOST:
        return False
    return True


def _move(host: Host, address: str) -> bool:
    """Let the next login go to an address; tell whether it can.

    It cannot where the login goes through jump hosts, or uses `password` or `first_key`: such a
    login goes to the address of the spec only.
    """
    data = host.connector.data
    if address == data.get("ssh_hostname"):
        return True
    checked = (data.get("ssh_paramiko_connect_kwargs") or {}).get("transport_factory")
    if not isinstance(checked, CheckedTransport):
        return False
    data["ssh_hostname"] = checked.moved_to = address
    return True


def _close(host: Host) -> None:
    client = getattr(host.connector, "client", None)
    if client:
        client.close()


def host_key(host: Host) -> str:
    """Return the key that a host has shown, as in known_hosts; empty without a connection."""
    transport = _transport(host) if has_connection(host) else None
    with suppress(SSHException):
        key = transport.get_remote_server_key() if transport else None
        return f"{key.get_name()} {key.get_base64()}" if key else ""
    return ""


def address_of(host: Host) -> str:
    """Return where pyinfra connects to a host."""
    return str(host.connector.data.get("ssh_hostname") or host.name)


def _end_if_dead(transport: Transport) -> None:
    """Let the connection break when the board has not answered for a while.

    A board that lost its power sends nothing, and to wait in silence is what TCP does for hours:
    paramiko's keepalive sends something, and the kernel gives up on what is not acknowledged.
    """
    transport.set_keepalive(KEEPALIVE_SECONDS)
    # A proxy command has no socket, and only Linux has this option; the keepalive stays.
    with suppress(OSError):
        if isinstance(transport.sock, socket.socket):
            transport.sock.setsockopt(
                socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, DEAD_SECONDS * 1000
            )


def _transport(host: Host) -> Transport | None:
    """Return the connection beneath pyinfra's; None for a connector that has none."""
    client = getattr(host.connector, "client", None)
    transport: Transport | None = client.get_transport() if client else None
    return transport
