"""Boards of the field as `adopt` reads them: its spec, its notes, and the plan of that spec."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from jetfleet.adopt.describe import Described, describe
from jetfleet.adopt.write import Login, write
from jetfleet.resources import AdoptedService, RunOptions
from jetfleet.roles.adopted import facts_of
from jetfleet.runtimes.registry import calls
from jetfleet.validate import load_checked
from tests.support.rendered import ROOT

CASES = sorted((ROOT / "tests/data/adopt").glob("*.yaml"))
BOARD = {
    "about": "hostname nano\nmemory 7801856\n",
    "board": "# R36 (release), REVISION: 4.3, GCID: 1, BOARD: generic, EABI: aarch64, DATE:\n"
    "model NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super\n"
    "compatible nvidia,p3768-0000+p3767-0005-super nvidia,p3767-0005 nvidia,tegra234\n",
}
OF_THE_BOARD = ("`power.mode` is left out", "systemd says nothing of docker.service")
"""Ends of notes on parts of the board that no case has."""
LOGIN = Login("nvidia", "192.0.2.9", 22, None, "192.0.2.9 ssh-ed25519 AAAA")


def case_at(path: Path) -> dict[str, Any]:
    case: dict[str, Any] = YAML(typ="safe").load(path)
    return case


def described(case: dict[str, Any]) -> Described:
    return describe({**BOARD, **case["sections"]})


def part_of(whole: Any, expected: Any) -> Any:
    """The part of a mapping that has the keys of another one."""
    if not isinstance(expected, dict):
        return whole
    return {key: part_of(whole[key], item) for key, item in expected.items() if key in whole}


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_written(path: Path) -> None:
    case = case_at(path)
    found, expect = described(case), case["expect"]
    services = found.host["adopted"]["services"]
    assert services.keys() == expect["services"].keys()
    assert part_of(services, expect["services"]) == expect["services"]
    models = expect.get("adopted_models", {})
    assert found.host["adopted"].get("models", {}) == models
    notes = [line for line in found.seen if not line.endswith(OF_THE_BOARD)]
    assert notes == [" ".join(line.split()) for line in expect["notes"]]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_plan_is_empty_and_names_a_later_change(path: Path, tmp_path: Path) -> None:
    case = case_at(path)
    spec, _ = load_checked(write(described(case), LOGIN, tmp_path))
    (host,) = spec.hosts
    assert host.adopted
    changes = []
    for service in host.adopted.services:
        facts = tuple(sorted(facts_of(service).items()))
        made = service.made
        wanted = AdoptedService(
            service.name, made.container or "", made.unit or "", facts, calls=calls()
        )
        for later in ({}, case.get("later", {})):
            sections = {**case["sections"], **later}
            text = "\n".join(sections.get(name, "") for name in ("containers", "units"))
            state = AdoptedService.read(text, [wanted])[wanted.key]
            compared = wanted.compare(state, RunOptions())
            if not later:
                assert compared == []
            changes += [[service.name, c.attribute, c.have, c.want] for c in compared]
    assert changes == case.get("changes", [])
