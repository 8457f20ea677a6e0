"""What is checked before a sweep begins, and the commands that it runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.bench.sweep import Commands, titles_of
from jetfleet.environment import POINT
from jetfleet.errors import FleetError
from jetfleet.fleet.deploy import OURS
from jetfleet.spec.limit import hosts_of
from jetfleet.spec.point import in_sweep
from jetfleet.validate import load_checked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.spec.load import Spec


def checked_titles(path: Path, limit: Sequence[str]) -> tuple[str, ...]:
    """Return the titles of a spec's points, each of which is valid and can be put back.

    Raises
    ------
    FleetError
        The spec has no points, two have the same title, or one is wrong.

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
    for number, title in enumerate(titles, 1):
        _check(spec, number, title, names)
    return titles


def commands_of(
    spec: Path, deploy: Path, limit: Sequence[str], data: Sequence[str], *, reboot: bool
) -> Commands:
    """Return the commands of a sweep, which run the same programs as the user would."""
    here = Path(sys.executable)
    limits = [word for name in limit for word in ("--limit", name)]
    more = [str(spec), "--deploy", str(deploy), *limits, *(["--reboot"] if reboot else [])]
    inventory, bench = str(spec.with_suffix(".py")), str(OURS / "bench.py")

    def measure(title: str) -> Sequence[str]:
        options = [word for one in (*data, f"point={title}") for word in ("--data", one)]
        return (str(here.with_name("pyinfra")), "-y", *limits, *options, inventory, bench)

    jetfleet = str(here.with_name("jetfleet"))
    return Commands((jetfleet, "plan", *more), (jetfleet, "apply", "-y", *more), measure)


def _check(spec: Spec, number: int, title: str, names: Sequence[str]) -> None:
    point = spec.bench.over[number - 1]
    where = f"point {number} of `bench.over` ({title})"
    for name in names:
        power = spec.host(name).power
        if point.power and (power is None or ("mode" in point.power and power.mode is None)):
            raise FleetError(
                f"{where} changes the power of {name}, and the spec does not say what to put back: "
                "write `power: {mode: …, clocks: …}` for the host"
            )
