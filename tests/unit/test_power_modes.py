"""The power modes of each module on each release: sources, catalog and twins agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from jetfleet.catalog.l4t import Release
from jetfleet.catalog.modules import Module, modules
from jetfleet.catalog.power import power_conf
from jetfleet.catalog.version import parts, within
from jetfleet.errors import FleetError
from jetfleet.resources import PowerMode
from jetfleet.spec.load import load
from jetfleet.spec.model import HostSpec
from tests.support.rendered import ROOT
from tests.support.specs import yaml
from twins.board import board_of
from twins.l4tfiles import nvpmodel_conf

TABLE = yaml(ROOT / "tests/data/captured/power-modes.yaml")
UNKNOWN = {
    "agx-orin-industrial": "no source names the modes of nvpmodel_p3701_0008.conf",
    "igx-orin": "no source names its conf",
}
"""Modules whose modes no source names; the board's own conf is read all the same."""

FIRST_OF_XAVIER = "35.1.0"
"""Its modes of earlier releases are not known by a source."""

PAIRS = [(module, release) for module in modules().values() for release in module.releases()]


def row_of(module: Module, release: Release) -> dict[str, Any] | None:
    rows = [
        row
        for row in TABLE
        if module.name in row["modules"] and within(release.l4t, row.get("since"), None)
        if "before" not in row or parts(release.l4t) < parts(row["before"])
    ]
    assert len(rows) <= 1, f"several rows for {module.name} on {release.l4t}"
    return rows[0] if rows else None


@pytest.fixture(scope="module")
def hosts(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], HostSpec]:
    """A host of every module on every release."""
    lines = [
        f"  n{number}: {{module: {module.name}, jetpack: '{release.jetpack}', l4t: {release.l4t}, "
        f"address: 192.0.2.1}}\n"
        for number, (module, release) in enumerate(PAIRS)
    ]
    path: Path = tmp_path_factory.mktemp("all") / "all.yaml"
    path.write_text("version: 1\nhosts:\n" + "".join(lines))
    spec = load(path)
    return {
        (module.name, release.l4t): spec.host(f"n{number}")
        for number, (module, release) in enumerate(PAIRS)
    }


@pytest.mark.parametrize(
    ("module", "release"), PAIRS, ids=[f"{module.name}-{one.l4t}" for module, one in PAIRS]
)
def test_board_catalog_and_sources_have_the_same_modes(
    hosts: dict[tuple[str, str], HostSpec], module: Module, release: Release
) -> None:
    row, conf = row_of(module, release), power_conf(module, release.l4t)
    host = hosts[module.name, release.l4t]
    if row is None:
        old = module.soc == "xavier" and parts(release.l4t) < parts(FIRST_OF_XAVIER)
        assert old or module.name in UNKNOWN
        assert conf is None
        with pytest.raises(FleetError, match="no power modes of the module"):
            board_of(host)
        return
    assert conf is not None
    assert (conf.name, conf.default_id) == (row["conf"], row["default"])
    assert {mode.id: mode.name for mode in conf.modes} == row["modes"]
    for number, name in row["modes"].items():
        found = conf.mode(name)
        assert found is not None
        assert found.id == number
    text = nvpmodel_conf(board_of(host))
    want = PowerMode("any")
    assert PowerMode.read(text, [want])[want.key].modes == row["modes"]
    assert re.findall(r"^< PM_CONFIG DEFAULT=(\d+) >$", text, re.MULTILINE) == [str(row["default"])]
    assert row["source"]


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row['conf']}-{row.get('since', '')}")
def test_a_reboot_lies_where_the_sources_say_it(row: dict[str, Any]) -> None:
    module = modules()[row["modules"][0]]
    newest = next(one for one in module.releases() if row_of(module, one) == row)
    conf = power_conf(module, newest.l4t)
    assert conf is not None
    groups: dict[str, list[int]] = {}
    for mode in conf.modes:
        groups.setdefault(mode.boot, []).append(mode.id)
    if "live" in row:
        assert sorted(groups.values()) == sorted(row["live"])
    else:
        assert list(groups) == ["unknown"]
        assert "boot" in conf.unverified
