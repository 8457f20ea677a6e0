"""What `jetfleet status` and `jetfleet bench show` print, snapshotted beside the plan's forms."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from jetfleet.bench.show_terminal import show as show_benchmarks
from jetfleet.bench.table import json_text, markdown
from jetfleet.status.model import FleetStatus
from jetfleet.status.table import show
from tests.support.bench_runs import POSSIBLE, SOURCE_003
from tests.support.board_status import CHANGE, GIB, NANO, fleet, nano, unreachable
from tests.support.rendered import ROOT

FORMS = ROOT / "tests/data/forms"
HOT = {
    "temperatures": {"cpu-thermal": 88.0, "gpu-thermal": 99.5},
    "throttling": ["gpu-throttle-alert"],
    "over_current": {"oc2": 1, "oc3": 37},
    "memory": {"total": 8 * GIB, "available": GIB // 4},
    "errors": {"release": "[Errno 2] No such file"},
}


def status() -> FleetStatus:
    names = ("calm", "hot", "away")
    hosts = [NANO.model_copy(update={"name": name}) for name in names]
    calm = nano().model_copy(update={"name": "calm"})
    hot = nano(
        readings=HOT, differences=[CHANGE], service={"ids": ["other"], "restarts": 3}
    ).model_copy(update={"name": "hot"})
    return fleet(calm, hot, unreachable(hosts[2], "192.0.2.13", "Could not connect (timed out)"))


def text(print_: object, width: int = 200) -> str:
    out = io.StringIO()
    console = Console(file=out, width=width, highlight=False)
    print_(console)  # type: ignore[operator]
    return "".join(f"{line.rstrip()}\n" for line in out.getvalue().splitlines())


BENCHMARKS = [*POSSIBLE[:3], SOURCE_003[3]]

FORM = {
    "status.json": lambda: status().json_text(),
    "status.txt": lambda: text(lambda console: show(status(), console)),
    "bench.json": lambda: json_text(BENCHMARKS),
    "bench.md": lambda: markdown(BENCHMARKS),
    "bench.txt": lambda: text(lambda console: show_benchmarks(BENCHMARKS, console), 80),
}


@pytest.mark.parametrize("name", sorted(FORM))
def test_form(name: str, request: pytest.FixtureRequest) -> None:
    now = FORM[name]()
    path: Path = FORMS / name
    if request.config.getoption("--rewrite-snapshots"):
        path.write_text(now, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == now
