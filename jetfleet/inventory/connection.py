"""How pyinfra connects to a host: the data of its connector, for each way to log in.

pyinfra's host data are shown by its own commands: so no password is in them.
"""

from __future__ import annotations

import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from paramiko import SSHException

from jetfleet.environment import PHASE
from jetfleet.errors import FleetError
from jetfleet.hostkeys.check import CheckedTransport
from jetfleet.inventory.passwords import has_login_password, login_password_of
from jetfleet.inventory.route import Reached, reached
from jetfleet.ssh.jump import JumpRefused
from jetfleet.ssh.login import Login, LoginRefused
from jetfleet.workstation.login_key import LoginKey, login_key
from jetfleet.workstation.own_keys import keys_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.fleet.fleet import Fleet
    from jetfleet.hostkeys.known_hosts import KnownHosts
    from jetfleet.hostkeys.transport import Transport
    from jetfleet.spec.model import HostSpec
    from jetfleet.ssh.password import Password

_SOCKET = object()
"""In place of a socket: paramiko's client opens none, `transport_factory` does, if at all."""


def connection(host: HostSpec, fleet: Fleet, known: KnownHosts) -> dict[str, Any]:
    """Return pyinfra's data of a host.

    Parameters
    ----------
    known:
        The pinned host keys.

    """
    side = fleet.workstation
    try:
        way = reached(host, side, known)
    except JumpRefused as error:  # of the user's own configuration: it refuses this host alone
        return _refused(str(error))
    # paramiko stops reading at a line with a marker; each key is checked before it looks there.
    file = os.devnull if known.marked else str(side.known_hosts)
    checked = CheckedTransport(known, way.address, way.port, file, config=way.config)
    return {
        "ssh_hostname": way.address,
        "ssh_port": way.port,
        "ssh_user": host.ssh.user,
        "ssh_known_hosts_file": file,
        "ssh_strict_host_key_checking": "yes",
        **({"ssh_config_file": way.config} if way.config else {}),
        **_login(host, fleet, way, checked),
        "_sudo": host.ssh.sudo,
    }


def _login(
    host: HostSpec, fleet: Fleet, way: Reached, checked: Callable[..., Transport]
) -> dict[str, Any]:
    """Return pyinfra's data of a login by a private key; by any of the user's keys without one.

    A key that cannot be used is refused when its host is connected, before any packet is sent:
    pyinfra itself would end the run of all hosts.
    """
    used = login_key(way.key) if way.key else LoginKey()
    connect: dict[str, Any] = {"transport_factory": checked}
    if way.jumps:
        connect = {"transport_factory": partial(_opened, way, checked), "sock": _SOCKET}
    if has_login_password(fleet, host.name) or host.ssh.first_key:
        login = login_of(host, fleet, way)
        made = partial(_logged_in, login, partial(_opened, way, checked))
        # Without a password, paramiko's client would ask for another way to log in.
        return {
            "ssh_paramiko_connect_kwargs": {
                "transport_factory": made,
                "sock": _SOCKET,
                "password": "",
                "allow_agent": False,
                "look_for_keys": False,
            }
        }
    if used.in_agent is not None:
        return {"ssh_paramiko_connect_kwargs": {**connect, "pkey": used.in_agent}}
    asks = used.locked and sys.stdin.isatty() and PHASE not in os.environ
    if used.wrong and not asks:  # at a terminal pyinfra asks for the passphrase
        return _refused(used.wrong)
    return {"ssh_paramiko_connect_kwargs": connect, **({"ssh_key": way.key} if way.key else {})}


def login_of(host: HostSpec, fleet: Fleet, way: Reached, *, by_key: bool = False) -> Login:
    """Return the login on a host: by the user's keys, the first key, and the password.

    Parameters
    ----------
    by_key:
        Whether it is by the user's own keys alone.

    """
    unusable = login_key(way.key).wrong if way.key else ""
    own = partial(keys_of, way.key, way.identities)
    first = host.ssh.first_key
    if by_key:
        return Login(host.ssh.user, own, unusable=unusable)
    return Login(
        host.ssh.user,
        own,
        partial(keys_of, first) if first else tuple,
        partial(_password, fleet, host.name),
        unusable,
    )


def _password(fleet: Fleet, name: str) -> Password | None:
    try:
        return login_password_of(fleet, name)
    except FleetError as error:
        raise LoginRefused(str(error)) from error


def _opened(
    way: Reached,
    checked: Callable[..., Transport],
    _: object,
    **options: Any,  # noqa: ANN401 - the client's own
) -> Transport:
    return checked(way.open(), **options)


def _logged_in(
    login: Login,
    opened: Callable[..., Transport],
    sock: object,
    **options: Any,  # noqa: ANN401 - the client's own
) -> Transport:
    return login.on(partial(opened, sock, **options))


def _refused(reason: str) -> dict[str, Any]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise SSHException(reason)

    return {"ssh_paramiko_connect_kwargs": {"transport_factory": refuse, "sock": _SOCKET}}
