"""Add the rows of a host to pyinfra's plan, at the cost of one of them.

For each operation and host, pyinfra's decorator inspects the stack and the types of all its global
arguments: a millisecond, for 500 boards with 25 rows most of the time of a run. All rows of a
deploy stand at the same place of the same file and take the same arguments. So the decorator adds
the first one, and the others take from it what it has found.
"""

from __future__ import annotations

import inspect
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from pyinfra.api import arguments, util
from pyinfra.api.operation import OperationMeta
from pyinfra.api.state import StateOperationHostData, StateOperationMeta
from pyinfra.api.util import make_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pyinfra.api.command import FunctionCommand
    from pyinfra.api.host import Host
    from pyinfra.api.state import State

    from jetfleet.fleet.plan_rows import PlanRow


# For each row and host pyinfra asks for the types of its own arguments, which never change, and for
# lines of source of each frame, of which it uses the numbers only.
arguments.all_global_arguments = cache(arguments.all_global_arguments)
for _name in ("stack", "getframeinfo"):
    setattr(util, _name, partial(getattr(inspect, _name), context=0))


def add_rows(
    state: State,
    host: Host,
    rows: Sequence[PlanRow],
    add: Callable[[PlanRow], object],
    commands: Callable[[PlanRow], Iterator[FunctionCommand]],
) -> Iterator[PlanRow]:
    """Add rows in the order of their places, and yield each when it is the host's last operation.

    Parameters
    ----------
    add:
        Adds one row by pyinfra's decorator.
    commands:
        Returns what the operation of a row does, as its function yields it.

    """
    first = None
    for row in rows:
        if first is None or not _is_copied(state, host, first, row, commands):
            # pyinfra identifies an operation by its place in a loop.
            host.loop_position.append(row.place)
            add(row)
            host.loop_position.pop()
            first = first or host.op_hash_order[-1]
        yield row


def _is_copied(
    state: State,
    host: Host,
    first: str,
    row: PlanRow,
    commands: Callable[[PlanRow], Iterator[FunctionCommand]],
) -> bool:
    """Add a row like the first one; tell whether that is possible.

    It is not where pyinfra works already, or has numbered the operation because the deploy says the
    same twice.
    """
    order = state.get_op_meta(first).op_order
    place = (*order[:-1], row.place)
    name = make_hash(place)
    if state.is_executing or first != make_hash(order) or name in state.ops[host]:
        return False
    like = state.get_op_meta(first).global_arguments
    meta = state.op_meta.setdefault(name, StateOperationMeta(place))
    meta.global_arguments.update(like)
    meta.names.add(row.name)
    host.op_hash_order.append(name)
    data = state.get_op_data_for_host(host, first)
    changes = next(commands(row), None) is not None if state.should_check_for_changes() else None
    counted = state.get_meta_for_host(host)
    counted.ops += 1
    counted.ops_change += bool(changes)
    counted.ops_no_change += not changes
    named: Any = {**data.global_arguments, "name": row.name}
    mine = StateOperationHostData(lambda: commands(row), named, OperationMeta(name, changes))
    state.set_op_data_for_host(host, name, mine)
    return True
