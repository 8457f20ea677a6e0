"""The points of a sweep, as parts of hosts that are laid over the spec."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.environment import POINT, point
from jetfleet.errors import FleetError
from jetfleet.spec.tree import Value

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEYS = ("power", "services")


def points_in(root: Value) -> Iterator[Value]:
    """Yield the part of a host that each point of the spec changes, in their order."""
    bench = root.children.get("bench")
    over = bench.children.get("over") if bench else None
    for _, one in over.items() if over else ():
        if one.children:
            changed = {key: one.children[key] for key in _KEYS if key in one.children}
            yield Value(one.written, changed)


def in_sweep() -> bool:
    """Tell whether this run is at a point of a sweep."""
    return bool(point())


def at_point(root: Value, number: int | None = None) -> Value | None:
    """Return the point of this number, from 1; None for 0.

    Left out, it is that of the environment. Raise `FleetError` if there is no such point.
    """
    if number is None:
        named = point() or "0"
        number = int(named) if re.fullmatch(r"[0-9]{1,4}", named) else -1
    points = list(points_in(root))
    if not 0 <= number <= len(points):
        raise FleetError(
            f"the spec has no point {point() or number} under `bench.over`: unset "
            f"{POINT}, which a sweep sets for its own runs"
        )
    return points[number - 1] if number else None


def of_host(there: Value, host: Value) -> Value:
    """Return the part of a point that is about a host: its power, and services that it has."""
    mine = dict(there.children)
    services, have = mine.get("services"), host.children.get("services")
    if services:
        known = have.children if have else {}
        kept = {name: body for name, body in services.children.items() if name in known}
        mine["services"] = Value(services.written, kept)
        if not kept:
            del mine["services"]
    return Value(there.written, mine)
