"""Deploys over roles: which resources, in which order, each as one row of pyinfra's plan."""

from __future__ import annotations

import sys
from functools import cache, partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pyinfra.context import ctx_host, ctx_state, host, state

from jetfleet.converge.add_rows import add_rows
from jetfleet.converge.check import check, compare
from jetfleet.converge.completion import log_completed
from jetfleet.converge.jobs import add_row
from jetfleet.converge.operation import converge
from jetfleet.converge.pyinfra_operations import log_operations, mark_own
from jetfleet.converge.rows import Questions, begin_work
from jetfleet.events.event import Compared
from jetfleet.events.write import log_event
from jetfleet.fleet.deploy import DEPLOY
from jetfleet.fleet.plan_rows import plan_rows
from jetfleet.inventory import current
from jetfleet.resources import (
    AdoptedFilesystem,
    Board,
    DockerLeftovers,
    Filesystem,
    Leftovers,
    Model,
    Service,
)
from jetfleet.roles import base
from jetfleet.roles import prune as leftovers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyinfra.api.command import FunctionCommand
    from pyinfra.api.state import State

    from jetfleet.fleet.desired_state import DesiredState
    from jetfleet.fleet.plan_rows import PlanRow
    from jetfleet.role.role import Role


_VERIFIED = Questions()


def apply(roles: Sequence[Role]) -> None:
    """Converge this host's resources of these roles, in this order.

    Raises `FleetError` if the lock lacks something that they need.
    """
    fleet = current()
    fleet.include(roles)
    wanted = fleet.wanted(roles, Path(str(state.current_deploy_filename or DEPLOY)).name)
    # A rollout brings images and models to a wave ahead of its turn.
    _converge(wanted.fetched() if host.data.get("stage") in {"yes", True} else wanted)


def prune() -> None:
    """Converge this host's leftovers: models that none of the deploy's roles refers to."""
    fleet = current()
    roles = {role.__name__: role for role in (base, *fleet.roles)}
    roles = {
        **{n: r for n, r in roles.items() if r is not leftovers},
        leftovers.__name__: leftovers,
    }
    _converge(fleet.wanted(tuple(roles.values())).only(Board, Leftovers, DockerLeftovers))


def _converge(wanted: DesiredState) -> None:
    """Converge this host's resources, each as one row of the plan."""
    _name_the_deploy()
    log_completed(state)
    log_operations(state)
    begin_work(state)
    a_state, a_host = ctx_state.get(), ctx_host.get()
    rows, mine = _rows(a_state, wanted)[host.name], wanted.resources(host.name)

    def arguments(row: PlanRow) -> dict[str, Any]:
        titles = {key: mine[key].title for key in row.keys} if row.shared else {}
        return {"keys": row.keys, "wanted": wanted, "titles": titles}

    def add(row: PlanRow) -> None:
        converge(name=row.name, **arguments(row))

    def commands(row: PlanRow) -> Iterator[FunctionCommand]:
        return converge._inner(**arguments(row))  # noqa: SLF001 - pyinfra's documented way

    for _ in add_rows(a_state, a_host, rows, add, commands):
        mark_own(a_host)
        add_row(a_host, wanted)
    if state.should_check_for_changes():
        # An exception on one host ends the run of all: a plan without this event is not whole.
        log_event(Compared(host=host.name))


def verify() -> None:
    """Check every service of this host: health, model id, one real generation; change nothing.

    Models of the deploy are compared with their lock; with ``--data deep=yes`` they are hashed.
    A disk that cannot be written fails the host.
    """
    fleet = current()
    wanted = fleet.wanted(fleet.roles).only(Model, Service)
    mine = wanted.resources(host.name)
    stored = fleet.wanted(fleet.roles).only(Model, Filesystem, AdoptedFilesystem)
    keys = tuple(stored.resources(host.name))
    if keys:
        _VERIFIED.add(
            "verify | models are as locked, on a disk that works",
            "models",
            partial(compare, keys=keys, wanted=stored),
        )
    served = fleet.role_input(host.name).host.services
    models = {service.name: len(service.model_names) for service in served}
    rows = [row for _, row in wanted.rows(frozenset(h.name for h in fleet.spec.hosts))]
    for row in host.loop([one for one in rows if isinstance(one, Service)]):
        if row.key in mine:
            asked = models.get(row.name, 1)
            question = partial(check, service=row.name, models=asked)
            _VERIFIED.add(f"verify | {row.name} answers", row.key, question)


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


@cache
def _rows(a_state: State, wanted: DesiredState) -> Mapping[str, Sequence[PlanRow]]:
    """Return the rows of all hosts that this run was asked to go to."""
    limit = a_state.limit_hosts
    asked = set(limit) if isinstance(limit, list) else set(a_state.inventory)
    return plan_rows(wanted, [one.name for one in a_state.inventory if one in asked])
