"""The hosts of a spec as pyinfra's inventory, and the fleet that it has loaded."""

from __future__ import annotations

import inspect
import os
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click
from paramiko import SSHException

from jetfleet.environment import PHASE
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import find_deploy, is_deploy, roles_beside, roles_of
from jetfleet.fleet.fleet import Fleet
from jetfleet.hostkeys.check import checked_transport
from jetfleet.inventory.connection_errors import watch_connections
from jetfleet.inventory.ending import watch_parent, watch_signals
from jetfleet.inventory.groups import check_limit, groups_for_pyinfra
from jetfleet.inventory.sudo_password import take_typed
from jetfleet.redaction import redact_output
from jetfleet.text import printable_lines, printable_styled
from jetfleet.workstation.login_key import LoginKey, login_key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jetfleet.hostkeys.known_hosts import KnownHosts
    from jetfleet.role.role import Role
    from jetfleet.spec.model import HostSpec

_CURRENT: list[Fleet] = []


def hosts(inventory_file: str) -> list[tuple[str, dict[str, Any]]]:
    """Return pyinfra's hosts for the spec of the same name: ``lab.py`` reads ``lab.yaml``.

    The whole spec is checked first; if anything is wrong, all of it is printed and pyinfra ends
    before it has connected anywhere. A ``--limit`` or ``--exclude`` that means no host is an error
    too. pyinfra's host data hold the connection only: everything else is looked up in the fleet by
    the host's name.

    The groups of the spec become groups of pyinfra: they are written to the variables of the
    inventory file that calls this, where pyinfra looks for groups.
    """
    variables = _variables_of_caller(inventory_file)
    redact_output(printable_styled)
    take_typed()
    path = Path(inventory_file).with_suffix(".yaml")
    if Path.cwd() in path.parents:
        path = path.relative_to(Path.cwd())
    try:
        fleet = Fleet.load(path, *_roles(path))
        variables.update(groups_for_pyinfra(fleet.spec))
        check_limit(fleet.spec, variables)
    except FleetError as error:
        sys.stderr.write(f"{printable_lines(str(error))}\n")
        raise SystemExit(1) from None
    for warning in fleet.warnings:
        sys.stderr.write(f"{printable_lines(warning)}\n")
    _CURRENT[:] = [fleet]
    if click.get_current_context(silent=True) is not None:  # pyinfra's: it runs
        watch_signals()
        watch_parent()
    watch_connections()
    known = fleet.workstation.pinned()
    return [(host.name, _connection(host, fleet, known)) for host in fleet.spec.hosts]


def _variables_of_caller(inventory_file: str) -> dict[str, Any]:
    """Return the module variables of the inventory file; an empty dictionary of any other."""
    frame = inspect.currentframe()
    for _ in range(2):  # this function, and `hosts`
        frame = frame.f_back if frame else None
    found = frame.f_globals if frame else {}
    return found if found.get("__file__") == inventory_file else {}


def current() -> Fleet:
    """Return the fleet of the inventory that pyinfra has loaded."""
    if not _CURRENT:
        raise FleetError(
            "no fleet is loaded: give pyinfra an inventory that calls jetfleet.inventory.hosts"
        )
    return _CURRENT[0]


def _roles(spec: Path) -> tuple[tuple[Role, ...], Iterable[Role]]:
    """Return the roles of the deploys that pyinfra was called with, and of those beside them.

    For an ad-hoc command there are no roles.

    pyinfra reads its inventory before it executes a deploy, and connects in between: what is wrong
    with the roles' lock has to be found now.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        deploy = find_deploy(spec)  # pyinfra does not run: something else reads the inventory
        return roles_of(deploy), roles_beside(deploy)
    named = [word for word in context.params.get("data") or () if word.startswith("deploy=")]
    judged = Path(named[-1].partition("=")[2]) if named else None
    asked: list[Path] = []

    def judged_deploy() -> Path:
        asked.append(find_deploy(spec, judged))
        return asked[-1]

    roles: dict[str, Role] = {}
    operations = context.params.get("operations") or ()
    deploys = [Path(word) for word in operations if word.endswith(".py") and is_deploy(Path(word))]
    for deploy in deploys:
        found = roles_of(deploy, judged_deploy)
        roles |= {role.__name__: role for role in found}
    return tuple(roles.values()), chain.from_iterable(map(roles_beside, [*deploys, *asked]))


def _connection(host: HostSpec, fleet: Fleet, known: KnownHosts) -> dict[str, Any]:
    side = fleet.workstation
    login = side.hosts.get(host.name)
    key = side.key or host.ssh.key
    address, port = (login.address, login.port) if login else (host.address, host.port)
    # paramiko stops reading at a line with a marker; each key is checked before it looks there.
    file = os.devnull if known.marked else str(side.known_hosts)
    checked = checked_transport(known, address, port, file)
    return {
        "ssh_hostname": address,
        "ssh_port": port,
        "ssh_user": host.ssh.user,
        "ssh_known_hosts_file": file,
        "ssh_strict_host_key_checking": "yes",
        **_login(str(key) if key else "", {"transport_factory": checked}),
        "_sudo": host.ssh.sudo,
    }


def _login(key: str, connect: dict[str, Any]) -> dict[str, Any]:
    """Return pyinfra's data of a login by a private key; by any of the user's keys without one.

    A key that cannot be used is refused when its host is connected, before any packet is sent:
    pyinfra itself would end the run of all hosts.

    Parameters
    ----------
    connect:
        Further arguments of the connection.

    """
    used = login_key(key) if key else LoginKey()
    if used.in_agent is not None:
        return {"ssh_paramiko_connect_kwargs": {**connect, "pkey": used.in_agent}}
    asks = used.locked and sys.stdin.isatty() and PHASE not in os.environ
    if used.wrong and not asks:  # at a terminal pyinfra asks for the passphrase
        refused = {"transport_factory": _refuse(used.wrong), "sock": _NO_SOCKET}
        return {"ssh_paramiko_connect_kwargs": refused}
    return {"ssh_paramiko_connect_kwargs": connect, **({"ssh_key": key} if key else {})}


_NO_SOCKET = object()


def _refuse(reason: str) -> Callable[..., NoReturn]:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise SSHException(reason)

    return refuse
