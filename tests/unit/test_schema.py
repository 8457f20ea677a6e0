"""The JSON Schema that editors are given, asked by a real validator."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import best_match
from ruamel.yaml import YAML

from jetfleet.spec.schema import json_schema
from tests.support.rendered import ROOT

SCHEMA = ROOT / "docs/spec.schema.json"
LINE = re.compile(r"^# yaml-language-server: \$schema=(\S+)$", re.MULTILINE)
SPECS = sorted((ROOT / "inventory").glob("*.yaml"))
SPECS = [path for path in SPECS if not path.stem.endswith((".lock", ".twins", "rollout"))]


def loaded(path: Path = ROOT / "tests/data/fleet.yaml") -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))


def faults(spec: Any) -> list[str]:
    """Where the schema of the product is not kept, as paths."""
    found = Draft202012Validator(json_schema()).iter_errors(spec)
    # Of a choice the branch that fits best is what an editor marks.
    meant = [best_match([error]) or error for error in found]
    return sorted("/".join(map(str, error.absolute_path)) for error in meant)


def test_the_committed_schema_is_the_products(request: pytest.FixtureRequest) -> None:
    text = json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
    if request.config.getoption("--rewrite-snapshots"):
        SCHEMA.write_text(text, encoding="utf-8")
    assert SCHEMA.read_text(encoding="utf-8") == text, "`make snapshots` writes it again"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json_schema())


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_an_example_names_its_schema_and_keeps_it(path: Path) -> None:
    line = LINE.search(path.read_text(encoding="utf-8"))
    assert line, f"{path} lacks the line that gives editors completion"
    assert (path.parent / line[1]).resolve() == SCHEMA
    assert faults(loaded(path)) == []


def _set(*path: str, value: Any) -> Callable[[Any], None]:
    def change(spec: Any) -> None:
        for step in path[:-1]:
            spec = spec.setdefault(step, {})
        spec[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "at"),
    [
        (_set("version", value=2), "version"),
        (lambda spec: spec.pop("version"), ""),
        (lambda spec: spec.pop("hosts"), ""),
        (_set("hosts", value={}), "hosts"),
        (_set("colour", value="green"), ""),
        (_set("hosts", "nano", "adress", value="192.0.2.13"), "hosts/nano"),
        (_set("hosts", "nano", "port", value="22"), "hosts/nano/port"),
        (_set("hosts", "nano", "port", value=70000), "hosts/nano/port"),
        (_set("hosts", "nano", "groups", value="scarce-memory"), "hosts/nano/groups"),
        (_set("defaults", "power", "clocks", value="fast"), "defaults/power/clocks"),
        (_set("defaults", "storage", "format", value="always"), "defaults/storage/format"),
        (_set("boards", "agx-thor", "jetpack", value=7), "boards/agx-thor/jetpack"),
        (_set("groups", "ample-memory", "services", value=[]), "groups/ample-memory/services"),
        (
            _set("models", "cosmos-reason2-2b", "api_key", value="nvapi-plain"),
            "models/cosmos-reason2-2b/api_key",
        ),
        (
            _set("models", "cosmos-reason2-2b", "api_key", value={"env": "A", "file": "b"}),
            "models/cosmos-reason2-2b/api_key",
        ),
    ],
)
def test_a_broken_variant_is_marked_where_it_is_broken(
    change: Callable[[Any], None], at: str
) -> None:
    spec = loaded()
    change(spec)
    assert faults(spec) == [at]
