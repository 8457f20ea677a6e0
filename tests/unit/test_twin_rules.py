"""Rules of imports between jetfleet and twins, and of the page about twins."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from jetfleet.workstation.overlay import Login, Overlay
from tests.support.rendered import ROOT
from tests.support.sources import tree_of

# What twins import of jetfleet: all that must keep its meaning for them. docs/twins.md explains it.
OF_JETFLEET = {
    "catalog.l4t", "catalog.modules", "catalog.power", "cli.lock", "doctor.finding", "errors",
    "workstation.overlay", "workstation.supervisor", "spec.load", "spec.model",
}  # fmt: skip

# Imports run one way: what has a place may import what stands before it.
ORDER = (
    "standins", "aptsources", "board", "boot_control", "cgroup", "clocks", "toolkit", "flashed",
    "keys", "limits", "loop", "paths", "ready", "inside", "network", "packages", "rootfs",
    "findings", "l4tfiles", "state", "rundir", "layer", "container", "lifecycle", "prepare",
    "supervisor", "overlay", "fleet", "command",
)  # fmt: skip
# The names and keys of the hubs stand before what needs them.
STANDINS = (
    "servers", "command", "direct", "files", "hubs.places", "names", "keys", "ca", "registry",
    "hubs", "start",
)  # fmt: skip
PAGE = (ROOT / "docs/twins.md").read_text(encoding="utf-8")


def imports(*folders: str) -> Iterator[tuple[Path, str]]:
    """Each file, and each module or name that it imports, relative ones left out."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            for node in ast.walk(tree_of(path)):
                if isinstance(node, ast.Import):
                    yield from ((path, alias.name) for alias in node.names)
                if isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    yield from ((path, f"{node.module}.{alias.name}") for alias in node.names)


def test_jetfleet_imports_nothing_of_twins() -> None:
    for path, name in imports("jetfleet", "roles", "deploys", "inventory"):
        assert name.split(".")[0] != "twins", f"{path} imports {name}"
        assert "twins" not in re.findall(r"import_module\(\"(\w+)", path.read_text()), path


def test_twins_import_a_short_list_of_jetfleet() -> None:
    used = {name.removeprefix("jetfleet.") for _, name in imports("twins") if "jetfleet." in name}
    assert {name.rpartition(".")[0] for name in used} == OF_JETFLEET
    for name in OF_JETFLEET:
        assert f"`jetfleet.{name}`" in PAGE, name


def test_every_room_has_its_place() -> None:
    for folder, order in ((ROOT / "twins", ORDER), (ROOT / "twins/standins", STANDINS)):
        rooms = {path.parent.name for path in folder.glob("*/__init__.py")}
        files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
        assert rooms | files == {place for place in order if "." not in place}


def test_imports_run_one_way() -> None:
    for prefix, order in (("twins", ORDER), ("twins.standins", STANDINS)):
        top = ROOT / prefix.replace(".", "/")
        for path, name in imports(prefix.replace(".", "/")):
            own = _room(".".join(path.relative_to(top).with_suffix("").parts))
            other = _room(name.removeprefix(f"{prefix}."))
            if own in order and name.startswith(f"{prefix}.") and other in order and own != other:
                assert order.index(other) < order.index(own), f"{path} imports {name}"


def _room(module: str) -> str:
    of_places = re.match(r"hubs\.(\w+\.)?places?(\.|$)", module)
    return "hubs.places" if of_places else module.split(".", maxsplit=1)[0]


def test_no_hub_imports_another() -> None:
    hubs = ROOT / "twins/standins/hubs"
    folders = {path.parent.name for path in hubs.glob("*/site.py")}
    assert len(folders) > 5
    for path, name in imports("twins/standins/hubs"):
        if path.parent.name in folders and "hubs." in name:
            other = name.split("hubs.", 1)[1].split(".")[0]
            assert other not in folders - {path.parent.name}, f"{path} imports {name}"


def test_the_page_has_each_key_of_the_overlay() -> None:
    section = PAGE.split("## The overlay", 1)[1].split("\n## ", 1)[0]
    written = re.findall(r"^\| `([^`]+)` \|", section, re.MULTILINE)
    hosts = [f"hosts.<host>.{name}" for name in Login.model_fields]
    keys = [name for name in Overlay.model_fields if name != "hosts"]
    assert sorted(written) == sorted([*keys, *hosts])
