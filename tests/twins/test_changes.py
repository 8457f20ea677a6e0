"""Ten kinds of change to a spec: what is planned is what an apply then changes, board by board."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.change_table import ACTIVE, BOARDS, KINDS, Kind
from tests.support.lab import Lab, no_reboot
from tests.support.lab_cli import Jetfleet, done, followed, named


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("changes"), BOARDS, no_reboot)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


@pytest.mark.campaign
@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_what_is_planned_is_what_is_changed(lab: Lab, tmp_path: Path, kind: Kind) -> None:
    jetfleet = Jetfleet(lab, tmp_path)
    before = lab.spec.read_text(encoding="utf-8")
    lab.rewrite(kind.edit)
    try:
        planned = jetfleet("plan", status=2)
        assert {host: named(plan) for host, plan in planned.plan.items()} == {
            host: kind.changes.get(host, set()) for host in BOARDS
        }
        applied = jetfleet("apply", "-y", "--reboot", status=0)
        assert {host: done(result) for host, result in applied.result.items()} == {
            host: kind.changes.get(host, set()) for host in BOARDS
        }
        for host, result in applied.result.items():
            assert followed(result) == (set(kind.follows) if host in kind.changes else set())
            # A service that went down with something else was listed in the plan.
            down = {one.what for one in applied.plan[host].restarts}
            assert (ACTIVE not in followed(result)) or "cosmos" in down
    finally:
        lab.spec.write_text(before, encoding="utf-8")
        lab.converge()
