"""Deploys over roles: which resources, in which order, each as one row of pyinfra's plan."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING

from pyinfra.context import host, state

from jetfleet.converge.check import check, compare
from jetfleet.converge.operation import converge
from jetfleet.converge.record import tell
from jetfleet.inventory import current
from jetfleet.resources import Model

if TYPE_CHECKING:
    from jetfleet.fleet import Role


def apply(*roles: Role) -> None:
    """Converge this host's resources of these roles, in this order.

    One row of the plan is one resource, on every host of the run that has it. pyinfra identifies
    an operation by its place in a loop, and orders operations only along the list of each host:
    so every host is given every row, in the same order, and passes over those of others.
    """
    _name_the_deploy()
    wanted = current().wanted(roles)
    rows = [(role, row) for role in roles for row in wanted.rows(role, _hosts())]
    for role, row in host.loop(rows):
        converge(name=f"{_name(role)} | {row.title}", key=row.key, wanted=wanted)
    if state.should_check_for_changes():
        # An exception on one host ends the run of all: what has no such row is no whole plan.
        tell(host.name, "compared")


def verify(*roles: Role) -> None:
    """Check every service of this host: health, model id, one real generation; change nothing.

    Models of the roles are compared with their lock; with ``--data deep=yes`` they are hashed.
    """
    fleet = current()
    wanted = fleet.wanted(roles)
    models = [r.key for r in wanted.resources(host.name).values() if isinstance(r, Model)]
    if models:
        compare(name="verify | models are as locked", keys=tuple(models), wanted=wanted)
    mine = {service.name for service in fleet.role_input(host.name).host.services}
    for name in host.loop(sorted({s.name for h in fleet.spec.hosts for s in h.services})):
        if name in mine:
            check(name=f"verify | {name} answers", service=name)


def _name_the_deploy() -> None:
    """Let the deploy's file count as a module, as which pyinfra does not load it.

    For each operation pyinfra asks `inspect` for the source of every frame (pyinfra.api.util), and
    that searches all modules that there are for a file of which none is known: a fifth of the
    time of a run that changes nothing.
    """
    path = str(state.current_deploy_filename or "")
    name = f"jetfleet deploy {path}"
    if path and name not in sys.modules:
        module = ModuleType(name)
        module.__file__ = path
        sys.modules[name] = module


def _hosts() -> frozenset[str]:
    """Return the names of all hosts that this run was asked to go to."""
    return frozenset(one.name for one in state.inventory if state.is_host_in_limit(one))


def _name(role: Role) -> str:
    return role.__name__.rpartition(".")[2]
