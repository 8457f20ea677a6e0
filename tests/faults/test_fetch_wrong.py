"""Hubs that misbehave while a board fetches, and models that nobody can have."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from jetfleet.cli.lock import lock
from jetfleet.errors import FleetError
from tests.support.lab import Spec, errors
from tests.support.model_lab import COSMOS, DIRECTORY, HF_TOKEN, NGC_KEY, PEOPLENET, Shelf
from tests.support.pyinfra import pyinfra
from twins.paths import cache_dir
from twins.standins.hubs.content import models as published

HOST = "orin"
SIZE = 8 * 2**20

MISBEHAVES: dict[str, tuple[dict[str, Any], list[dict[str, Any]]]] = {
    "expired": (
        {"source": f"ngc:{PEOPLENET}"},
        [{"match": "files.ngc*peoplenet*safetensors", "status": 403, "times": 1}],
    ),
    "away": (
        {"source": f"ngc:{COSMOS}", "api_key": NGC_KEY},
        [
            {"match": "api.ngc*cosmos*", "status": 503, "retry_after": 1, "times": 2},
            {"match": "files.ngc*cosmos*", "status": 503, "retry_after": 1, "times": 6},
        ],
    ),
    "no-ranges": (
        {"source": "hf:Qwen/Qwen3-VL-2B-Instruct"},
        [{"match": "cas-bridge*", "ignore_range": True, "times": None}],
    ),
    "wrong-length": (
        {"source": "modelscope:Qwen/Qwen2.5-VL-3B-Instruct"},
        [{"match": "cdn-lfs*", "length": 1000, "times": 2}],
    ),
    "breaks-off": (
        {"source": "modelscope:Qwen/Qwen3-8B"},
        [{"match": "cdn-lfs*", "cut": 5000, "times": 5}],
    ),
    "lies-once": (
        {"source": "ollama:smollm2:135m"},
        [{"match": "*cloudflare*", "flip": 20000, "times": 5}],
    ),
}


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    models = {"first": {"source": f"ngc:{PEOPLENET}"}}
    sizes = {
        PEOPLENET: SIZE,
        COSMOS: SIZE,
        "Qwen/Qwen3-VL-2B-Instruct": SIZE,
        "Qwen/Qwen2.5-VL-3B-Instruct": SIZE,
    }
    shelf = Shelf.of(tmp_path_factory.mktemp("wrong"), models, sizes=sizes)
    try:
        shelf.fetched()
        yield shelf
    finally:
        shelf.down()


def given(shelf: Shelf, models: dict[str, Any], use: list[str] | None = None) -> None:
    """Write other models into the spec, without locking them."""
    yaml = YAML()
    spec = yaml.load(shelf.spec.read_text(encoding="utf-8"))
    spec["models"] = models
    spec["defaults"]["models"]["use"] = list(models) if use is None else use
    with shelf.spec.open("w", encoding="utf-8") as out:
        yaml.dump(spec, out)


@pytest.mark.parametrize("name", MISBEHAVES)
def test_a_hub_that_misbehaves_is_survived(shelf: Shelf, name: str) -> None:
    model, faults = MISBEHAVES[name]
    given(shelf, {name: model})
    lock(shelf.spec, upgrade=False)
    for fault in faults:
        shelf.fault(**fault)
    try:
        shelf.fetched()
        assert shelf.is_whole(name)
        assert shelf.left_behind() == ""
    finally:
        shelf.no_faults()


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown-source": ({"source": "s3:bucket/model"}, r"s3:bucket/model.*expected.*ngc:"),
    "no-such-model": (
        {"source": "ngc:nim/nvidia/none:1", "api_key": NGC_KEY},
        r"NGC has no such model or version: check its name",
    ),
    "no-such-version": (
        {"source": f"ngc:{COSMOS}x", "api_key": NGC_KEY},
        r"NGC has no such model or version: check its name",
    ),
    "no-such-revision": (
        {"source": "hf:Qwen/Qwen3-VL-2B-Instruct@none"},
        r"Hugging Face has no such revision: choose one at",
    ),
    "licence": (
        {"source": "ngc:nim/meta/llama-3.2-1b-instruct:hf-9213176-nim", "api_key": NGC_KEY},
        r"the model has a licence: open it on catalog\.ngc\.nvidia\.com, accept the licence",
    ),
    "no-ollama-tag": ({"source": "ollama:smollm2:none"}, r"no model .* with the tag none: look"),
    "no-modelscope": ({"source": "modelscope:Qwen/None"}, r"ModelScope has no such model"),
    "no-folder": (
        {"source": "file:nowhere"},
        r"there is no folder .*: write a path relative to the spec's folder after file:",
    ),
    "no-file-on-the-web": (
        {"source": "https://models.example.org/none", "sha256": "0" * 64},
        r"does not have it, or does not tell its size.*: check that it can be downloaded",
    ),
}


def on_the_board(shelf: Shelf) -> str:
    return shelf.sh(HOST, f"find {DIRECTORY} /run/jetfleet | sort")


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_had_is_refused_at_the_lock(shelf: Shelf, name: str) -> None:
    model, sentence = REFUSED[name]
    given(shelf, {name: model})
    before = on_the_board(shelf)
    with pytest.raises(FleetError) as refusal:
        lock(shelf.spec, upgrade=False)
    said = str(refusal.value)
    assert re.search(sentence, said, re.DOTALL), said
    assert len(said.strip().splitlines()) == 1, said
    # Nor does an apply of what is not locked begin.
    ran = shelf.fetch()
    assert ran.status == 1
    assert on_the_board(shelf) == before


def test_gated_with_another_persons_key(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = (shelf.state / "keys/hf-stranger").read_text().strip()
    monkeypatch.setenv("JETFLEET_TWIN_STRANGER", stranger)
    key = {"env": "STRANGER"}
    given(shelf, {"gated": {"source": "hf:google/gemma-3-1b-it", "api_key": key}})
    before = on_the_board(shelf)
    with pytest.raises(FleetError, match=r"has a licence: accept it at .* and run again"):
        lock(shelf.spec, upgrade=False)
    # A colleague who has access has locked it.
    given(shelf, {"gated": {"source": "hf:google/gemma-3-1b-it", "api_key": HF_TOKEN}})
    lock(shelf.spec, upgrade=False)
    given(shelf, {"gated": {"source": "hf:google/gemma-3-1b-it", "api_key": key}})
    ran = shelf.fetch()
    assert ran.status == 1
    assert re.search("has a licence: accept it at .* and run again", ran.log), ran.log
    assert on_the_board(shelf) == before


def test_two_models_of_one_name(shelf: Shelf) -> None:
    given(shelf, {"twice": {"source": f"ngc:{PEOPLENET}"}})
    text = shelf.spec.read_text(encoding="utf-8")
    line = f"  twice:\n    source: ngc:{PEOPLENET}\n"
    assert line in text
    shelf.spec.write_text(text.replace(line, line * 2))
    ran = shelf.fetch()
    shelf.spec.write_text(text)
    assert ran.status == 1
    assert re.search(r"lab\.yaml:\d+: .*twice", ran.log), ran.log


def relocked(shelf: Shelf, edit: Callable[[Any], None]) -> None:
    """Edit the lock as nobody should."""
    path = shelf.spec.with_suffix(".twins.lock.yaml")
    yaml = YAML()
    content = yaml.load(path.read_text(encoding="utf-8"))
    edit(content["models"])
    with path.open("w", encoding="utf-8") as out:
        yaml.dump(content, out)


def web_file() -> dict[str, str]:
    found = next(m for m in published.publish(cache_dir()) if m.definition.hub == "web").files[0]
    return {"source": f"https://models.example.org/gguf/{found.path}", "sha256": found.sha256}


@pytest.mark.parametrize(
    ("model", "sentence"),
    [
        (
            {"source": f"ngc:{PEOPLENET}"},
            "NGC changed or removed .* find out why, .*`jetfleet lock",
        ),
        ({"source": "hf:Qwen/Qwen3-VL-2B-Instruct"}, "checksum error.* `jetfleet lock"),
    ],
    ids=["ngc", "hf"],
)
def test_a_hash_that_the_hub_changed_since(
    shelf: Shelf, model: dict[str, Any], sentence: str
) -> None:
    given(shelf, {"changed": model})
    lock(shelf.spec, upgrade=False)

    def edit(models: Any) -> None:
        for file in models["changed"]["files"]:
            if file["path"].endswith("safetensors"):
                file["sha256"] = "0" * 64

    relocked(shelf, edit)
    ran = shelf.fetch()
    assert ran.status == 1
    said = errors(ran, HOST)
    assert len(said) == 1, said
    assert re.search(sentence, said[0]), said
    assert not shelf.holds(HOST, f"ls {shelf.folder('changed')}")
    relocked(shelf, lambda models: models.clear())


@pytest.mark.parametrize("path", ["../evil", "/etc/evil", "a/../../evil", ".jetfleet"])
def test_a_path_that_leaves_the_folder(shelf: Shelf, path: str) -> None:
    given(shelf, {"evil": {"source": f"ngc:{PEOPLENET}"}})
    lock(shelf.spec, upgrade=False)
    relocked(shelf, lambda models: models["evil"]["files"][0].update(path=path))
    ran = shelf.fetch()
    assert ran.status == 1
    assert "lab.twins.lock.yaml: not a lock of jetfleet (" in ran.log
    assert not shelf.holds(HOST, f"ls -d {DIRECTORY}/evil /etc/evil")
    shelf.spec.with_suffix(".twins.lock.yaml").unlink()


def test_too_little_room_for_all_of_them_refuses_before_the_first_byte(shelf: Shelf) -> None:
    models = {
        "one": {"source": f"ngc:{PEOPLENET}"},
        "two": {"source": f"ngc:{COSMOS}", "api_key": NGC_KEY},
    }

    def small(spec: Spec) -> None:
        spec["models"] = models
        spec["defaults"]["models"] = {"dir": "/srv/models", "use": list(models)}

    shelf.sh(HOST, "mkdir -p /srv/models; mount -t tmpfs -o size=12m none /srv/models")
    shelf.rewrite(small)
    shelf.forget()
    dry = pyinfra(shelf.inventory, "deploys/models.py", "--dry")
    ran = shelf.fetch()
    for said in (errors(dry, HOST), errors(ran, HOST)):
        assert len(said) == 1, said
        assert re.search(
            r"16 MiB of models are still to come to /srv/models, where 12 MiB are free and 64 "
            r"MiB must stay free; remove",
            said[0],
        ), said
    assert shelf.served() == {}
    assert shelf.sh(HOST, "find /srv/models -mindepth 1") == ""
