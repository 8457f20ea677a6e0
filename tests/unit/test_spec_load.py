"""Layers, places, frozenness and the JSON Schema of a spec."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from jetfleet.errors import FleetError
from jetfleet.spec.frozen import FrozenDict, freeze, thaw
from jetfleet.spec.load import Spec, load
from jetfleet.spec.model import HostSpec
from jetfleet.spec.problem import SpecError
from jetfleet.spec.schema import json_schema

LAB = Path(__file__).parents[2] / "inventory" / "lab.yaml"

LAYERS = """\
version: 1
models:
  m: {source: "ngc:org/team/model:1", api_key: {file: ~/.ngc}}
defaults:
  module: agx-orin-64gb
  jetpack: 6.2
  storage: {device: /dev/nvme0n1, mount: /mnt/nvme, options: [noatime]}
  power: {mode: MAXN, clocks: locked}
boards:
  b:
    power: {mode: 30W}
groups:
  one:
    power: {mode: 15W}
    services: {s: {runtime: vllm, model: m, flags: {max-model-len: 1}}}
  two:
    storage: {options: []}
    services: {s: {port: 8000, flags: {max-model-len: 2, max-num-seqs: 1}}}
hosts:
  zebra:
    board: b
    groups: [one, two]
    address: 192.0.2.1
    description: last by name, first by hand
  ant:
    address: 192.0.2.2
    storage: null
    models: {use: [m]}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    path = tmp_path / "spec.yaml"
    path.write_text(LAYERS, encoding="utf-8")
    return load(path)


def test_layers_are_laid_on_each_other(spec: Spec) -> None:
    host = spec.host("zebra")
    assert host.power is not None
    assert (host.power.mode, host.power.clocks) == ("15W", "locked")
    assert host.storage is not None
    assert (host.storage.mount, host.storage.options) == ("/mnt/nvme", ())
    assert host.services[0].flags == {"max-model-len": 2, "max-num-seqs": 1}
    assert host.services[0].model_fields_set & {"host", "port"} == {"port"}
    assert host.jetpack == "6.2"
    assert host.l4t is None


def test_null_takes_away(spec: Spec) -> None:
    assert spec.host("ant").storage is None


def test_hosts_keep_their_order_and_models_are_gathered(spec: Spec) -> None:
    assert [host.name for host in spec.hosts] == ["zebra", "ant"]
    assert [host.model_names for host in spec.hosts] == [("m",), ("m",)]
    model = spec.models["m"]
    assert model.hub == "ngc"
    assert model.source.parts == {"org": "org", "team": "team", "name": "model", "version": "1"}
    assert model.api_key is not None
    assert (model.api_key.kind, model.api_key.value) == ("file", "~/.ngc")


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("hosts", "zebra", "power", "mode"), 14),
        (("hosts", "zebra", "power", "clocks"), 8),
        (("hosts", "zebra", "services", "s", "flags", "max-model-len"), 18),
        (("hosts", "zebra", "services", "s", "model"), 15),
        (("hosts", "zebra", "groups", 1), 22),
        (("hosts", "ant", "power", "mode"), 8),
        (("hosts", "ant", "address"), 26),
        (("hosts", "ant", "port"), 25),  # not written: the nearest thing around it
        (("models", "m", "api_key", "file"), 3),
    ],
)
def test_places_tell_where_the_effective_value_stands(
    spec: Spec, path: tuple[str | int, ...], line: int
) -> None:
    assert spec.places.of(path).line == line
    assert spec.places.of(path).file == str(spec.path)


def test_places_have_columns(spec: Spec) -> None:
    assert spec.places.of(("hosts", "ant", "power", "clocks")).column == 23


def test_nothing_can_be_changed(spec: Spec) -> None:
    host = spec.host("zebra")
    with pytest.raises(ValidationError):
        host.port = 1  # type: ignore[misc]
    flags = host.services[0].flags
    for change in (
        lambda: flags.update(a=1),
        lambda: flags.__setitem__("a", 1),
        lambda: flags.pop("max-model-len"),
        flags.clear,
    ):
        with pytest.raises(TypeError, match="cannot be changed"):
            change()
    assert isinstance(hash(host), int)


def test_frozen_json_is_json() -> None:
    value = {"a": [1, {"b": None}], "c": 2.5}
    frozen = freeze(value)
    assert isinstance(frozen, FrozenDict)
    assert json.loads(json.dumps(frozen)) == value
    assert thaw(frozen) == value


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="cannot be read"):
        load(tmp_path / "nothing.yaml")


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe\x00", b"a: &a [*a]", b"version: 1\nhosts: !!python/object:x {}", b"a: \x07", b"[]"],
)
def test_strange_files_end_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "spec.yaml"
    path.write_bytes(content)
    with pytest.raises(SpecError, match=r"spec\.yaml:\d+: "):
        load(path)


def test_schema_knows_every_key_and_requires_none_in_a_body() -> None:
    schema = json_schema()
    body = schema["$defs"]["HostSpec"]
    assert body["properties"].keys() == HostSpec.model_fields.keys() - {"name"}
    assert "required" not in body
    assert schema["required"] == ["version", "hosts"]
    assert schema["properties"]["boards"]["additionalProperties"] == {"$ref": "#/$defs/HostSpec"}
    assert schema["properties"]["defaults"]["$ref"] == "#/$defs/HostSpec"
    json.dumps(schema)
