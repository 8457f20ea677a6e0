"""Each bad answer of a hub ends in one sentence with its remedy, before any board is asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jetfleet.errors import FleetError
from tests.support.hubs import KEYS, Loopback, loopback, of, usual
from twins.standins.hubs.content.models import File, Model

COSMOS = "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8"
LLAMA = "ngc:nim/meta/llama-3.2-1b-instruct:hf-9213176-nim"
GEMMA, QWEN = "hf:google/gemma-3-1b-it", "hf:Qwen/Qwen3-VL-2B-Instruct"
EIGHT = "modelscope:Qwen/Qwen3-8B"
OF_EACH = {
    "ngc": "ngc:nvidia/tao/peoplenet:deployable_quantized_onnx_v2.6.3",
    "hf": QWEN,
    "modelscope": EIGHT,
}
NAMES = (
    "nim/nvidia/cosmos-reason2-2b", "nim/meta/llama-3.2-1b-instruct", "nvidia/tao/peoplenet",
    "google/gemma-3-1b-it", "Qwen/Qwen3-VL-2B-Instruct", "jetfleet-lab/own-qwen3-1.7b",
    "Qwen/Qwen3-8B", "smollm2", "gguf",
)  # fmt: skip


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> list[Model]:
    return of(tmp_path_factory.mktemp("models"), *NAMES)


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory, models: list[Model]) -> Iterator[Loopback]:
    with loopback(tmp_path_factory.mktemp("hubs"), usual(models)) as running:
        yield running


@pytest.fixture
def changed(tmp_path: Path, models: list[Model]) -> Iterator[Callable[..., Loopback]]:
    """Serve the models with the files of all of them changed by a function."""
    opened = []

    def serve(change: Callable[[File], File]) -> Loopback:
        other = [replace(m, files=tuple(change(f) for f in m.files)) for m in models]
        opened.append(loopback(tmp_path, usual(other)))
        return opened[-1].__enter__()

    yield serve
    for one in opened:
        one.__exit__(None, None, None)


@pytest.mark.parametrize(
    ("source", "key", "sentences"),
    [
        (f"{COSMOS}x", "nvapi-canary", ["no such model or version", "check its name"]),
        (COSMOS, "nvapi-wrong", ["refuses the key", "create a new one"]),
        (COSMOS, "wrong-legacy", ["refuses the key"]),
        (LLAMA, "nvapi-canary", ["has a licence", "accept the licence, and run again"]),
        (GEMMA, None, ["licence: accept it at https://huggingface.co/google/gemma-3-1b-it"]),
        (GEMMA, "hf-stranger", ["with the account of the key that api_key points to"]),
        (GEMMA, "hf-wrong", ["refuses the key", "https://huggingface.co/settings/tokens"]),
        (f"{QWEN}-none", None, ["no model Qwen/Qwen3-VL-2B-Instruct-none", "without a key"]),
        (f"{QWEN}-none", "hf-canary", ["or does not show it to this key: check the name"]),
        ("hf:jetfleet-lab/own-qwen3-1.7b", None, ["those without a key (api_key)"]),
        (f"{QWEN}@v9", None, ["no such revision: choose one at https://huggingface.co/Qwen"]),
        (f"{EIGHT}-none", None, ["no such model or revision", "https://modelscope.cn/models/Qwen"]),
        (f"{EIGHT}@v9", None, ["no such model or revision"]),
        ("modelscope:jetfleet-lab/own-qwen3-1.7b", None, ["those without a key (api_key)"]),
        (EIGHT, "ms-wrong", ["requires a key for this model", "/my/access/token"]),
        ("ollama:smollm2:9b", None, ["no model library/smollm2 with the tag 9b"]),
        ("ollama:none/smollm2", None, ["no model none/smollm2 with the tag latest"]),
    ],
)
def test_what_the_hub_refuses(
    hubs: Loopback, source: str, key: str | None, sentences: list[str]
) -> None:
    with pytest.raises(FleetError) as caught:
        hubs.hub(source, key).listing()
    assert str(caught.value).startswith(f"{source}: ")
    assert all(sentence in str(caught.value) for sentence in sentences), str(caught.value)
    assert "canary" not in str(caught.value)


def test_a_path_that_is_listed_twice(changed: Callable[..., Loopback]) -> None:
    evil = changed(lambda file: replace(file, path="config.json"))
    with pytest.raises(FleetError, match=r"'config.json' in .* which it lists twice"):
        evil.hub(QWEN).listing()


@pytest.mark.parametrize("path", ["../x", "/etc/passwd", "a/../../x", ".jetfleet", "a//b", "-x"])
@pytest.mark.parametrize("source", OF_EACH.values(), ids=OF_EACH.keys())
def test_a_path_that_leaves_the_folder(
    changed: Callable[..., Loopback], source: str, path: str
) -> None:
    evil = changed(lambda file: replace(file, path=path) if file.path == "config.json" else file)
    with pytest.raises(
        FleetError, match="not a path inside the model's folder: do not trust"
    ) as caught:
        evil.hub(source).listing()
    assert repr(path) in str(caught.value)
    assert source in str(caught.value)
    without = evil.hub(source, exclude=[path] if not path.startswith("-") else ["[-]x"]).listing()
    assert path not in {file.path for file in without.files}


def test_a_blob_with_a_wrong_name(changed: Callable[..., Loopback]) -> None:
    evil = changed(lambda file: replace(file, sha256="../../../etc"))
    with pytest.raises(FleetError, match="not a path inside the model's folder"):
        evil.hub("ollama:smollm2:135m").listing()


def test_a_listing_without_sense(changed: Callable[..., Loopback]) -> None:
    evil = changed(lambda file: replace(file, sha256="nothing"))
    with pytest.raises(FleetError, match=r"lists 'config.json' in .* with an invalid sha256"):
        evil.hub(EIGHT).listing()


@pytest.mark.parametrize("source", OF_EACH.values(), ids=OF_EACH.keys())
def test_a_file_that_changed_since_the_lock(
    hubs: Loopback, changed: Callable[..., Loopback], source: str
) -> None:
    locked = hubs.hub(source).listing()
    later = changed(lambda f: replace(f, sha256="0" * 64) if f.path == "config.json" else f)
    bare = locked.model_copy(
        update={"files": tuple(f.model_copy(update={"commit": None}) for f in locked.files)}
    )
    asked = later.hub(source)
    if source.startswith("hf:"):  # a commit does not change; it can only be gone
        links = asked.links(locked, ["config.json"])
        assert links.urls["config.json"][0].endswith(f"{locked.revision}/config.json")
        return
    with pytest.raises(
        FleetError, match=r"config.json of .*accept the new files with .*--upgrade m`"
    ):
        asked.links(bare, ["config.json"])
    others = [f.path for f in locked.files if f.path != "config.json"]
    assert later.fetched(asked.links(bare, others)).keys() == set(others)


def test_a_blob_that_is_gone(hubs: Loopback, changed: Callable[..., Loopback]) -> None:
    locked = hubs.hub("ollama:smollm2:135m").listing()
    later = changed(lambda file: replace(file, sha256="0" * 64))
    with pytest.raises(FleetError, match="changed or removed blobs/sha256-"):
        later.hub("ollama:smollm2:135m").links(locked, [file.path for file in locked.files])


def test_a_small_file_that_is_not_what_git_says(hubs: Loopback) -> None:
    hubs.fault("huggingface.co/api/resolve-cache/*/config.json", flip=3)
    with pytest.raises(FleetError, match=r"sent config.json of .* with another hash than it lists"):
        hubs.hub(QWEN).listing()


def test_too_much_that_only_git_knows(hubs: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jetfleet.hubs.huggingface.hub.SMALL", 100)
    with pytest.raises(FleetError, match=r"without a sha256, and at most .* with `exclude`"):
        hubs.hub(QWEN).listing()


def test_too_much_for_ssh(hubs: Loopback, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = hubs.hub("modelscope:jetfleet-lab/own-qwen3-1.7b", "ms-canary")
    locked = asked.listing()
    monkeypatch.setattr("jetfleet.hubs.online.SMALL", 100)
    with pytest.raises(FleetError, match="only with the key, which never goes to a board"):
        asked.links(locked, ["config.json"])


def test_nothing_is_left(hubs: Loopback) -> None:
    with pytest.raises(FleetError, match=r"leave no file of hf:Qwen.* lists config.json, "):
        hubs.hub(QWEN, include=["*.gguf"]).listing()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"status": 500}, "answered 500: try again later"),
        ({"cut": 20}, r"did not answer, or its answer was cut off \(.*\): check the network"),
        ({"flip": 0}, "with something other than JSON"),
    ],
)
@pytest.mark.parametrize("source", OF_EACH.values(), ids=OF_EACH.keys())
def test_a_hub_in_trouble(
    hubs: Loopback, source: str, wrong: dict[str, Any], sentence: str
) -> None:
    hubs.fault("*", times=None, **wrong)
    try:
        with pytest.raises(FleetError, match=sentence):
            hubs.hub(source).listing()
    finally:
        hubs.hubs.faults.clear()


def test_a_hub_that_is_busy_is_asked_again(hubs: Loopback) -> None:
    hubs.fault("modelscope.cn/*", status=503)
    hubs.fault("modelscope.cn/*", status=429, retry_after=0)
    assert hubs.hub(EIGHT).listing().files


def test_the_keys_are_those_of_the_stand_in() -> None:
    assert KEYS.strangers < KEYS.hub("hf")
