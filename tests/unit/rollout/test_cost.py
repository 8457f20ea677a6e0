"""What a review of a rollout says: bytes and minutes by site, the way back, baselines."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jetfleet.events.event import AttributeChange
from jetfleet.plan.model import HostPlan, Plan, Planned
from jetfleet.rollout import cost
from jetfleet.rollout.rollout import Gate, Rollout
from tests.support.rollout_plans import plan_file
from tests.support.rollouts import rollout_of

SPEED = Gate("tokens_per_second", {"service": "cosmos"}, measured=True)


def notes(rollout: Rollout, plans: list[HostPlan] = [], **of_host: Any) -> list[str]:  # noqa: B006
    made = plan_file(rollout, **of_host)
    plan = Plan(made="x", spec="x", deploy="x", commit="", hosts=tuple(plans))
    return list(cost.notes(made.rollout, made.reviewed, plan))


def planned(name: str, *changes: str, in_sync: tuple[str, ...] = ()) -> HostPlan:
    change = AttributeChange(attribute="a", have="1", want="2", sentence="1 becomes 2")
    resources = tuple(
        Planned(resource=key, title=key, role="r", cause="spec", changes=(change,))
        for key in changes
    )
    return HostPlan(host=name, state="changes", resources=resources, in_sync=in_sync)


def test_bytes_and_minutes_stand_by_site() -> None:
    rollout = rollout_of([4])
    sites = {name: replace(site, bandwidth=200_000_000) for name, site in rollout.sites.items()}
    found = notes(replace(rollout, sites=sites), internet=6_000_000_000, lan=1024)
    assert found[0] == (
        "site-0: 2 hosts with changes, 11.2 GiB over the internet, 2 KiB over the LAN, "
        "at least 9 min at 200 Mbit/s"
    )
    assert len(found) == 2
    assert notes(rollout)[0] == "site-0: 2 hosts with changes"


def test_a_bandwidth_that_does_not_hold_for_images_is_said() -> None:
    for where in ({"bandwidth": 10**6}, {}):
        made = plan_file(replace(rollout_of([1], sites=1), **where), resources=("image:a",))
        plan = Plan(made="x", spec="x", deploy="x", commit="", hosts=())
        said = [*cost.notes(made.rollout, made.reviewed, plan, images_limited=False)][1:]
        assert any("holds for models alone" in one for one in said) is bool(where)
        assert not [*cost.notes(made.rollout, made.reviewed, plan)][1:]


def test_hosts_without_a_way_back_stand_by_reason() -> None:
    rollout = rollout_of([1, 1], sites=1)
    assert notes(rollout, no_way_back="a disk is formatted")[1:] == [
        "no way back (a disk is formatted): board-0000, board-0001"
    ]
    assert len(notes(replace(rollout, rollback="none"), no_way_back="x")) == 1
    off = notes(rollout, state="unreachable", reason="no route", no_way_back="nobody knows")
    assert off[1:] == ["unreachable now (no route): board-0000, board-0001"]


def test_a_gate_without_a_baseline_wants_a_figure() -> None:
    rollout = rollout_of([1, 1], sites=1)
    waves = tuple(replace(wave, gates=(SPEED,)) for wave in rollout.waves)
    rollout = replace(rollout, waves=waves)
    plans = [
        planned("board-0000", "power:mode", "model:cosmos", in_sync=("service:cosmos",)),
        planned("board-0001", "model:other", in_sync=("service:other",)),
    ]
    (found,) = notes(rollout, plans)[1:]
    assert found.startswith("wave wave-0: the rollout changes the power mode and the model, so")
    assert "write `min:`" in found
    floor = Gate("tokens_per_second", {"service": "cosmos", "min": 20}, measured=True)
    waves = tuple(replace(wave, gates=(floor,)) for wave in rollout.waves)
    assert notes(replace(rollout, waves=waves), plans)[1:] == []
