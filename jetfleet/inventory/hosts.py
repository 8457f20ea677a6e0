"""The hosts of a spec as pyinfra's inventory, and the fleet that it has loaded."""

from __future__ import annotations

import gc
import inspect
import os
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jetfleet.environment import PHASE
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import find_deploy, is_deploy, roles_beside, roles_of
from jetfleet.fleet.fleet import Fleet
from jetfleet.inventory.connection import connection
from jetfleet.inventory.connection_errors import watch_connections
from jetfleet.inventory.ending import watch_parent, watch_signals
from jetfleet.inventory.grouped_lines import group_lines
from jetfleet.inventory.groups import check_limit, groups_for_pyinfra
from jetfleet.inventory.open_files import watch_open_files
from jetfleet.inventory.passwords import ask_login_password, take_typed
from jetfleet.redaction import redact_output
from jetfleet.text import printable_lines, printable_styled

if TYPE_CHECKING:
    from collections.abc import Iterable

    from jetfleet.role.role import Role

FIRST_CONTACT = "jetfleet.roles.bootstrap"
"""The role that lets the user's key log in."""

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
    # Modules, spec and what is wanted stay to the end: no collection of garbage walks through them.
    gc.freeze()
    group_lines(len(fleet.spec.hosts))
    if click.get_current_context(silent=True) is not None:  # pyinfra's: it runs
        watch_signals()
        watch_parent()
    watch_connections()
    watch_open_files()
    if _is_first_contact(fleet):
        ask_login_password()
    known = fleet.workstation.pinned()
    return [(host.name, connection(host, fleet, known)) for host in fleet.spec.hosts]


def _is_first_contact(fleet: Fleet) -> bool:
    """Tell whether a user at the terminal lets a key log in, and the spec names no password."""
    there = any(role.__name__ == FIRST_CONTACT for role in fleet.roles)
    named = all(host.ssh.password or host.ssh.first_key for host in fleet.spec.hosts)
    return there and not named and sys.stdin.isatty() and PHASE not in os.environ


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


def _roles(spec: Path) -> tuple[tuple[Role, ...], Iterable[Role], str]:
    """Return the roles of the deploys that pyinfra was called with, and of those beside them.

    For an ad-hoc command there are no roles. The name of a deploy follows if it is the only one.

    pyinfra reads its inventory before it executes a deploy, and connects in between: what is wrong
    with the roles' lock has to be found now.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        deploy = find_deploy(spec)  # pyinfra does not run: something else reads the inventory
        return roles_of(deploy), roles_beside(deploy), ""
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
    only = deploys[0].name if len(deploys) == 1 and not asked else ""
    return tuple(roles.values()), chain.from_iterable(map(roles_beside, [*deploys, *asked])), only
