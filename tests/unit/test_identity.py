"""Which module a board is, by device trees of real boards; and twins that show no others."""

from __future__ import annotations

from typing import Any

import pytest

from jetfleet.adopt import board
from jetfleet.catalog.identity import modules_of, socs_of
from jetfleet.catalog.modules import modules
from jetfleet.errors import FleetError
from jetfleet.spec.load import load
from tests.support.rendered import ROOT
from tests.support.specs import yaml
from twins.board import board_of

CAPTURED: list[dict[str, Any]] = yaml(ROOT / "tests/data/captured/device-tree.yaml")
RELEASE = "# R35 (release), REVISION: 4.1, GCID: 33958178, BOARD: t186ref, EABI: aarch64, DATE: …\n"
VERIFIED = [one for one in modules().values() if not one.unverified & {"dt_compatible", "dt_model"}]


@pytest.mark.parametrize("one", CAPTURED, ids=lambda one: one["source"])
def test_each_real_board_is_known_by_its_device_tree_and_its_memory(one: dict[str, Any]) -> None:
    assert socs_of(one["compatible"]) == (one["soc"],)
    found = modules_of(one["compatible"], one["memory"])
    assert [module.name for module in found] == ([one["module"]] if one["module"] else [])


@pytest.mark.parametrize("one", VERIFIED, ids=lambda one: one.name)
def test_verified_device_trees_of_the_catalog_are_those_of_real_boards(one: Any) -> None:
    real = {tuple(o["compatible"]) for o in CAPTURED} | {("nvidia,p3737-0000+p3701-0004",)}
    assert {one.dt_compatible, one.dt_compatible[:1]} & (real | SAME_BUT_FOR_THE_NUMBER)


SAME_BUT_FOR_THE_NUMBER = {
    # The first AGX Orin on JetPack 6 has its own number in a list like that of the 64 GB one.
    ("nvidia,p3737-0000+p3701-0000", "nvidia,p3701-0000", "nvidia,tegra234"),
}


def test_a_board_whose_memory_is_unknown_may_be_each_of_its_modules() -> None:
    found = modules_of(("nvidia,p2972-0000", "nvidia,tegra194"), None)
    assert [one.memory_gib for one in found] == [16, 32, 64]


def test_another_number_of_the_family_is_known_by_its_memory() -> None:
    found = modules_of(("nvidia,p3737-0000+p3701-0099", "nvidia,tegra234"), 7801856)
    assert found == ()
    found = modules_of(("nvidia,p3768-0000+p3767-0099", "nvidia,tegra234"), 3706880)
    assert [one.name for one in found] == ["orin-nano-4gb"]


def describe(compatible: str, memory: int) -> dict[str, Any]:
    text = f"{RELEASE}model NVIDIA Jetson\ncompatible {compatible}\n"
    return board.describe_board({"board": text, "about": f"memory {memory}\n"}).keys


def test_adopt_knows_xaviers() -> None:
    nx = "nvidia,p3509-0000+p3668-0001 nvidia,tegra194"
    assert describe(nx, 7801856)["module"] == "xavier-nx-8gb"
    assert describe("nvidia,p2972-0000 nvidia,tegra194", 31406080)["module"] == "agx-xavier-32gb"


def test_adopt_does_not_choose_between_modules() -> None:
    with pytest.raises(FleetError, match="one of agx-orin-64gb, agx-orin-industrial, igx-orin"):
        describe("nvidia,p3737-0000+p3701-0099 nvidia,tegra234", 64349184)


def test_a_twin_on_jetpack_5_shows_the_name_of_the_family_last() -> None:
    host = load(ROOT / "inventory/lab.yaml").host("orin")
    old = host.model_copy(update={"jetpack": "5.1.2", "l4t": "35.4.1"})
    assert board_of(old).dt_compatible[-2:] == ("nvidia,tegra234", "nvidia,tegra23x")
    assert board_of(host).dt_compatible[-1] == "nvidia,tegra234"
