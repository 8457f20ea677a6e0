"""The catalog's tables agree with each other."""

from __future__ import annotations

import pytest

from jetfleet.catalog.data_file import read_data
from jetfleet.catalog.images import KnownImage, images
from jetfleet.catalog.l4t import Release, releases
from jetfleet.catalog.modules import Module, modules
from jetfleet.catalog.version import parts
from jetfleet.runtimes.folders import read as of_runtime
from jetfleet.runtimes.registry import runtimes

MODULES = list(modules().values())


def test_releases_are_newest_first_and_each_once() -> None:
    order = [parts(one.l4t) for one in releases()]
    assert order == sorted(set(order), reverse=True)


@pytest.mark.parametrize("one", releases(), ids=lambda one: one.l4t)
def test_releases_are_whole(one: Release) -> None:
    known = {"orin", "thor", "xavier", "tx2", "nano"}
    assert one.socs <= known
    assert one.socs
    assert one.sources
    ubuntu = {32: "18.04", 34: "20.04", 35: "20.04", 36: "22.04", 38: "24.04", 39: "24.04"}
    assert one.ubuntu == ubuntu[one.major]


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_modules_are_whole(module: Module) -> None:
    assert module.sources
    assert module.releases()
    assert module.dt_compatible[-1] == f"nvidia,{module.soc_id}"
    assert 0.85 < module.memtotal_kib / (module.memory_gib * 1024**2) < 1


def test_confs_have_each_mode_once() -> None:
    for row in read_data("power.json")["confs"]:
        ids = [mode["id"] for mode in row["modes"]]
        names = [mode["name"] for mode in row["modes"]]
        assert len(set(ids)) == len(ids)
        assert len(set(names)) == len(names)
        assert row["default"] in ids


@pytest.mark.parametrize("image", images(), ids=lambda image: image.ref.full)
def test_images_are_whole(image: KnownImage) -> None:
    assert image.sources
    assert image.executable
    assert parts(image.l4t_min) < parts(image.l4t_max)
    runtime = runtimes()[image.runtime]
    engine = runtime.engine(image)
    table = runtime.tables.of(engine)
    if engine and table and table.version:
        assert parts(table.version) <= parts(engine)
    if engine and image.default and runtime.tables.versions:
        assert engine in runtime.tables.versions


TABLES = [(name, version) for name, one in runtimes().items() for version in one.tables.versions]


@pytest.mark.parametrize(("name", "version"), TABLES)
def test_option_tables_are_whole(name: str, version: str) -> None:
    runtime = runtimes()[name]
    found = runtime.tables.table(version)
    assert found.version == version == of_runtime(runtime.folder, f"options/{version}.json")[name]
    for option in (*runtime.context_options[:1], "port", "host"):
        assert found.find(option), option
    assert runtime.share_option is None or found.find(runtime.share_option)
