"""What is checked before a sweep begins, and the commands that it runs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.bench.sweep import Commands, titles_of
from jetfleet.environment import POINT
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import OURS
from jetfleet.run.started import pyinfra
from jetfleet.spec.limit import hosts_of
from jetfleet.spec.point import in_sweep
from jetfleet.validate import load_checked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jetfleet.spec.bench import Point
    from jetfleet.spec.load import Spec


def checked_points(path: Path, limit: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the hosts that each point of a spec is measured on, by the title of the point.

    Each point is valid and can be put back.

    Raises
    ------
    FleetError
        The spec has no points, two have the same title, or one is wrong or changes no host.

    """
    if in_sweep():
        raise FleetError(f"{POINT} is set: unset it, a sweep sets it for its own runs")
    spec, _ = load_checked(path)
    titles = titles_of(spec)
    if not titles:
        raise FleetError(
            f"{path} has no points to measure: write them under `bench.over`, such as "
            "`- power: {mode: MAXN, clocks: free}`"
        )
    double = {one for one in titles if titles.count(one) > 1}
    if double:
        raise FleetError(f"two points of `bench.over` are called {min(double)}: give one a title")
    names = hosts_of(spec, limit)
    found = {}
    for number, (title, point) in enumerate(zip(titles, spec.bench.over, strict=True), 1):
        where = f"point {number} of `bench.over` ({title})"
        found[title] = _hosts_at(spec, point, names)
        if not found[title]:
            raise FleetError(
                f"{where} changes none of {', '.join(names)}, which do not have its services: "
                "leave the point out, or name other hosts"
            )
        _check(spec, point, where, found[title])
    return found


def commands_of(
    spec: Path,
    options: Sequence[str],
    points: Mapping[str, Sequence[str]],
    data: Mapping[str, str],
) -> Commands:
    """Return the commands of a sweep, which run the same programs as the user would.

    Parameters
    ----------
    options:
        Of `jetfleet plan` and `jetfleet apply`.
    points:
        The hosts of each point, by its title.
    data:
        Options of the benchmarks; those that are empty are left out.

    """
    inventory, bench = str(spec.with_suffix(".py")), str(OURS / "bench.py")

    def measure(title: str) -> Sequence[str]:
        # pyinfra reads a value as JSON where it can: as a JSON text it stays the text that it is.
        given = {**{name: value for name, value in data.items() if value}, "point": title}
        options = [f"{name}={json.dumps(value)}" for name, value in given.items()]
        words = [word for one in options for word in ("--data", one)]
        limits = limits_of(points[title])
        return (*pyinfra(), "-y", *limits, *words, inventory, bench)

    jetfleet = str(Path(sys.executable).with_name("jetfleet"))
    more = (str(spec), *options)
    return Commands((jetfleet, "plan", *more), (jetfleet, "apply", "-y", *more), measure)


def limits_of(names: Sequence[str]) -> list[str]:
    """Return the options that limit a command to these hosts and groups."""
    return [word for name in names for word in ("--limit", name)]


def _hosts_at(spec: Spec, point: Point, names: Sequence[str]) -> tuple[str, ...]:
    """Return the hosts that a point changes; all, if it changes nothing on purpose."""
    if point.power or not point.services:
        return tuple(names)
    return tuple(
        name
        for name in names
        if any(service.name in point.services for service in spec.host(name).services)
    )


def _check(spec: Spec, point: Point, where: str, names: Sequence[str]) -> None:
    for name in names:
        power = spec.host(name).power
        if point.power and (power is None or ("mode" in point.power and power.mode is None)):
            raise FleetError(
                f"{where} changes the power of {name}, and the spec does not say what to put back: "
                "write `power: {mode: …, clocks: …}` for the host"
            )
        locks = point.power.get("clocks") == "locked"
        if locks and power and power.clocks is None and spec.host(name).removal != "apply":
            raise FleetError(
                f"{where} locks the clocks of {name}, and an apply does not free its clocks again "
                "once they are locked: write `power: {clocks: free}` for the host, or leave "
                "`clocks` out of the point"
            )
