"""Check that the board is the Jetson of the spec, and set up its proxy and its system.

A board that is not the one of the spec is never changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.system import headless_units
from jetfleet.resources import Desktop, File, JetPack, Resources, UnitOff, User
from jetfleet.role.board import board_of
from jetfleet.role.proxy import proxy_files
from jetfleet.roles.base.network import access, connections
from jetfleet.roles.base.own import own_files, own_units
from jetfleet.roles.base.packages import packages
from jetfleet.roles.base.place import clock, place
from jetfleet.roles.base.restarts import restarts
from jetfleet.roles.base.settings import settings

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the board itself, on which every other resource depends, and its system."""
    host, board = inputs.host, board_of(inputs)
    if host.adopted is not None:
        return [board]  # jetfleet writes nothing on a board that was set up by hand
    wanted: Resources = [board, *connections(inputs), *clock(host), *proxy_files(inputs)]
    if board.upgrade:
        wanted.append(JetPack(inputs.l4t, board.same))
    wanted += [*packages(inputs), *place(host)]
    if host.desktop is not None:
        wanted.append(Desktop(on=host.desktop == "on"))
    wanted += [
        User(name, user.groups, user.keys, user.shell or "") for name, user in host.users.items()
    ]
    system, reads = settings(inputs)
    files, own_reads = own_files(inputs)
    units, started = own_units(inputs)
    # A service of the user's own must be there before it can be restarted under the switch.
    guarded = [one for one in files if isinstance(one, File) and one.guard is not None]
    wanted += [*system, *(one for one in files if one not in guarded), *units, *guarded]
    wanted += restarts([*reads, *own_reads], started)
    off = headless_units() if host.headless else ()
    stopped = [name for name, unit in host.units.items() if not unit.enabled and not unit.written]
    wanted += [
        UnitOff(name)
        for name in dict.fromkeys([*off, *stopped])
        if name in stopped or name not in host.units
    ]
    return [*wanted, *access(host)]
