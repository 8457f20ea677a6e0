"""What is written down of a fleet, and the names and addresses that follow from its number."""

from __future__ import annotations

from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from twins import packages
from twins.network import FLEETS, Network
from twins.packages import Program, ensure_packages
from twins.paths import state_dir
from twins.state import FleetPlan, Standin, TwinPlan, load_plan


def test_a_plan_reads_back_as_it_was_written(tmp_path: Path) -> None:
    twin = TwinPlan("thor", "10.231.3.11", "nvidia", "/rootfs", "/state/hosts/thor", 2**30)
    standin = Standin("registry", ("docker-registry", "serve"), {"A": "b"})
    plan = FleetPlan(3, str(tmp_path), None, (twin,), (standin,))
    plan.save(tmp_path)
    assert load_plan(tmp_path) == plan


def test_a_folder_without_a_plan_holds_none(tmp_path: Path) -> None:
    assert load_plan(tmp_path) is None


def test_specs_of_one_name_in_two_folders_have_two_fleets(tmp_path: Path) -> None:
    assert state_dir(tmp_path / "a/lab.yaml") != state_dir(tmp_path / "b/lab.yaml")
    assert state_dir(tmp_path / "a/../a/lab.yaml") == state_dir(tmp_path / "a/lab.yaml")


def test_fleets_share_no_address() -> None:
    addresses = {
        address
        for number in range(FLEETS)
        for network in [Network(number)]
        for address in (network.gateway, network.registry, network.hubs, network.host(0))
    }
    assert len(addresses) == 4 * FLEETS


def test_what_is_missing_is_named_to_who_may_not_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    with pytest.raises(FleetError, match="a-package"):
        ensure_packages([Program("no-such-command-anywhere", "a-package")])


def test_nothing_is_done_when_all_is_there() -> None:
    assert ensure_packages([Program("sh", "dash")]) == ()
