"""Rows that are copied from the first one are those that pyinfra's decorator would have added."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager

import pyinfra
import pytest
from pyinfra.api.command import FunctionCommand
from pyinfra.api.config import Config
from pyinfra.api.host import Host
from pyinfra.api.inventory import Inventory
from pyinfra.api.operation import operation
from pyinfra.api.state import State, StateStage
from pyinfra.context import ctx_host, ctx_state

from jetfleet.converge.add_rows import add_rows
from jetfleet.fleet.plan_rows import PlanRow

ROWS = [PlanRow(place, f"a row | {place}", (f"key:{place}",)) for place in (0, 2, 3, 7)]


@operation()
def row(key: str) -> Generator[FunctionCommand, None, None]:
    """One row: every second one has something to do."""
    if int(key.partition(":")[2]) % 2:
        yield FunctionCommand(print, (key,), {})


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> State:
    """A run of pyinfra that detects changes, with two hosts."""
    monkeypatch.setattr(pyinfra, "is_cli", True)
    state = State(Inventory((["one", "other"], {})), Config())
    state.current_stage = StateStage.Prepare
    state.current_deploy_filename = __file__
    return state


@contextmanager
def at(state: State, host: Host) -> Iterator[None]:
    with ctx_state.use(state), ctx_host.use(host):
        yield


def added(state: State, host: Host, *, copied: bool) -> list[str]:
    """Add all rows to a host; one call each, where they are not copied."""

    def add(one: PlanRow) -> None:
        row(name=one.name, key=one.keys[0])

    def commands(one: PlanRow) -> Iterator[FunctionCommand]:
        found: Iterator[FunctionCommand] = row._inner(key=one.keys[0])
        return found

    with at(state, host):
        for some in [ROWS] if copied else [[one] for one in ROWS]:
            last = [host.op_hash_order[-1] for _ in add_rows(state, host, some, add, commands)]
            assert last == host.op_hash_order[-len(some) :]
    return host.op_hash_order


def test_copied_rows_are_those_of_the_decorator(state: State) -> None:
    one, other = list(state.inventory)
    # From one line: pyinfra knows an operation by the lines of its callers.
    mine, others = [added(state, host, copied=host is one) for host in (one, other)]
    assert mine == others
    assert len(set(mine)) == len(ROWS)
    for name, like in zip(mine, ROWS, strict=True):
        assert state.op_meta[name].op_order[-1] == like.place
        assert state.op_meta[name].names == {like.name}
        first, second = state.ops[one][name], state.ops[other][name]
        named = {**second.global_arguments, "name": like.name}
        assert first.global_arguments == second.global_arguments == named
        assert first.operation_meta._maybe_is_change == second.operation_meta._maybe_is_change
    counted = [
        (meta.ops, meta.ops_change, meta.ops_no_change)
        for meta in (state.meta[one], state.meta[other])
    ]
    assert counted == [(4, 2, 2)] * 2
    assert state.get_op_order() == mine


def test_a_row_is_copied_as_its_own(state: State) -> None:
    one = next(iter(state.inventory))
    mine = added(state, one, copied=True)
    with at(state, one):
        found = [
            [command.args for command in state.ops[one][name].command_generator()] for name in mine
        ]
    assert found == [[], [], [("key:3",)], [("key:7",)]]


def test_the_same_place_said_twice_is_left_to_pyinfra(state: State) -> None:
    one = next(iter(state.inventory))
    for _ in range(2):
        mine = added(state, one, copied=True)
    assert len(set(mine)) == 2 * len(ROWS)
