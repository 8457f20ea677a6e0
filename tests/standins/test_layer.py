from __future__ import annotations

import io
import json
import tarfile

from twins.standins.registry import image, layer
from twins.standins.registry.layer import Entry
from twins.standins.registry.recipe import recipes

_ENTRIES = [
    Entry("usr/bin/tool", 0o755, b"#!/bin/sh\n"),
    Entry("etc/name", 0o600, b"board"),
    Entry("bin/tool", 0o777, link="../usr/bin/tool"),
    Entry("tmp", 0o1777),
]


def test_the_same_entries_give_the_same_bytes_in_any_order() -> None:
    one, two = layer.layer(_ENTRIES), layer.layer(reversed(_ENTRIES))
    assert one.blob == two.blob
    assert one.digest == two.digest
    assert one.diff_id != one.digest


def test_a_layer_holds_its_entries_and_the_folders_above_them() -> None:
    with tarfile.open(fileobj=io.BytesIO(layer.layer(_ENTRIES).blob)) as tar:
        members = {member.name: member for member in tar}
    assert list(members) == sorted(members)
    assert {m.mtime for m in members.values()} == {0}
    assert {m.uid for m in members.values()} == {0}
    assert members["usr/bin"].isdir()
    assert members["etc/name"].mode == 0o600
    assert members["bin/tool"].linkname == "../usr/bin/tool"
    assert members["tmp"].mode == 0o1777


def test_an_unpacked_layer_gives_its_entries_back() -> None:
    blob = layer.layer(_ENTRIES).blob
    with tarfile.open(fileobj=io.BytesIO(blob)) as tar:
        read = list(layer.entries_of(tar, tar))
    assert layer.layer([*read, Entry("tmp", 0o1777)]).blob == blob


def test_every_recipe_builds_an_image_whose_parts_name_each_other() -> None:
    below = {"base": layer.layer([]), "tls": layer.layer([Entry("lib/libssl.so.3", 0o644, b"")])}
    for recipe in recipes().images:
        built = image.build(recipe, below)
        assert built == image.build(recipe, below)
        index, manifest = json.loads(built.index), json.loads(built.manifest)
        assert index["manifests"][0]["digest"] == layer.digest(built.manifest)
        assert manifest["config"]["digest"] == layer.digest(built.config)
        assert [part["digest"] for part in manifest["layers"]] == [x.digest for x in built.layers]


def test_recipes_have_the_names_that_people_pull() -> None:
    names = {(recipe.repository, recipe.tag): recipe for recipe in recipes().images}
    thor = names["nvidia/vllm", "26.01-py3"]
    orin = names["nvidia-ai-iot/vllm", "r36.4-tegra-aarch64-cu126-22.04"]
    assert (thor.settings["sm"], orin.settings["sm"]) == (110, 87)
    assert thor.entrypoint
    assert not orin.entrypoint
    assert orin.executables == ("/opt/venv/bin/vllm",)
