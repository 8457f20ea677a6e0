"""The points of a sweep: what they lay over the hosts of a spec."""

from __future__ import annotations

from pathlib import Path

import pytest

from jetfleet.bench.points import checked_points
from jetfleet.bench.sweep import titles_of
from jetfleet.environment import POINT
from jetfleet.errors import FleetError
from jetfleet.fleet.fleet import Fleet
from jetfleet.spec.load import at_points, gather
from jetfleet.validate import problems_of
from jetfleet.workstation.workstation import Workstation
from tests.support.rendered import ROLES, invented

SPEC = """version: 1
models:
  a: {source: "hf:o/a@main"}
  b: {source: "hf:o/b@main"}
defaults:
  jetpack: "7.0"
  module: agx-thor
hosts:
  one:
    address: 192.0.2.1
    power: {mode: MAXN, clocks: locked}
    services:
      llm: {runtime: vllm, model: a, flags: {max-model-len: 512, seed: 1}}
  two:
    address: 192.0.2.2
    power: {mode: 120W}
bench:
  over:
    - {power: {clocks: free}}
    - {title: "b, short", services: {llm: {model: b, flags: {max-model-len: 256}}}}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "spec.yaml"
    file.write_text(SPEC)
    return file


def test_a_point_changes_only_what_it_names(path: Path) -> None:
    spec, problems = gather(path)
    assert not problems
    clocks, model = (there for there, _ in at_points(spec))
    assert [host.power and host.power.clocks for host in clocks.hosts] == ["free", "free"]
    assert [host.power and host.power.mode for host in clocks.hosts] == ["MAXN", "120W"]
    assert clocks.host("one").services == spec.host("one").services
    assert model.host("two") == spec.host("two"), "it has no such service"
    (service,) = model.host("one").services
    assert service.model_names == ("b",)
    assert dict(getattr(service, "flags", {})) == {"max-model-len": 256, "seed": 1}
    assert model.host("one").power == spec.host("one").power
    assert titles_of(spec) == ("clocks: free", "b, short")


def test_a_run_of_a_sweep_has_the_point_of_its_environment(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(POINT, "2")
    spec, _ = gather(path)
    assert spec.host("one").model_names == ("b",)
    assert list(at_points(spec)) == [], "a point has no points"
    for wrong in ("3", "-1", "x", "9" * 40):
        monkeypatch.setenv(POINT, wrong)
        with pytest.raises(FleetError, match=f"unset {POINT}"):
            gather(path)


def test_a_point_is_measured_on_the_hosts_that_it_changes(path: Path) -> None:
    """The figures of others would have its title, and be those of the spec."""
    path.write_text(SPEC.replace("clocks: free", "mode: 120W") + "    - {title: as it is}\n")
    assert checked_points(path, []) == {
        "mode: 120W": ("one", "two"), "b, short": ("one",), "as it is": ("one", "two"),
    }  # fmt: skip
    with pytest.raises(FleetError, match=r"point 2 .*b, short.* changes none of two"):
        checked_points(path, ["two"])


def test_clocks_that_could_not_be_put_back_are_not_swept(path: Path) -> None:
    """An apply frees clocks that a point has locked where it removes what left the spec."""
    locked = SPEC.replace("clocks: free", "clocks: locked")
    path.write_text(locked)
    assert checked_points(path, [])
    kept = locked.replace("  module: agx-thor\n", "  module: agx-thor\n  removal: never\n")
    path.write_text(kept)
    with pytest.raises(FleetError, match="does not free its clocks again once they are locked"):
        checked_points(path, [])
    path.write_text(kept.replace("mode: 120W", "mode: 120W, clocks: free"))
    assert checked_points(path, []), "an apply of the spec frees them"


def test_a_lock_has_what_the_points_need(path: Path) -> None:
    spec, _ = gather(path)
    fleet = Fleet(spec, invented(spec.models), Workstation(known_hosts=path), "", ROLES)
    assert set(fleet.required().models) == {"a", "b"}


def test_a_wrong_point_is_a_problem_of_the_spec(path: Path) -> None:
    path.write_text(SPEC.replace("model: b, flags", "model: c, flags"))
    _, problems = problems_of(path)
    assert [one for one in problems if "c" in one.found and not one.warning]
    path.write_text(SPEC.replace("{clocks: free}", "{mode: MAXM}"))
    _, problems = problems_of(path)
    assert [one for one in problems if "MAXM" in one.found]
