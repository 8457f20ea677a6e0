"""Whatever people download today can be written in a spec, locked, and fetched without a key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.hubs import KEYS, Loopback, loopback, of, usual
from twins.standins.hubs.content.definition import Definition, definitions

# https://www.modelscope.cn/models/… of a guide to AGX Thor, in its order.
THOR = [
    "Qwen/Qwen3-8B",
    "Qwen/Qwen3-30B-A3B",
    "Qwen/Qwen3-Coder-30B-A3B-Instruct",
    "Qwen/Qwen3-8B-FP8",
    "Qwen/Qwen3-32B-FP8",
    "Qwen/Qwen3-30B-A3B-FP8",
    "Qwen/Qwen3-Coder-30B-A3B-Instruct-FP8",
    "Qwen/Qwen3-VL-30B-A3B-Instruct-FP8",
    "nv-community/Qwen2.5-VL-7B-Instruct-FP8",
    "nv-community/Qwen3-8B-FP4",
    "nv-community/Qwen3-30B-A3B-FP4",
    "okwinds/Qwen3-8B-Int4-W4A16",
    "okwinds/Qwen3-Coder-30B-A3B-Instruct-Int4-W4A16",
    "okwinds/Qwen3-8B-Int8-W8A16",
    "JunHowie/Qwen3-8B-GPTQ-Int4",
    "JunHowie/Qwen3-8B-GPTQ-Int8",
    "Qwen/Qwen3-30B-A3B-GPTQ-Int4",
    "Qwen/Qwen3-8B-AWQ",
    "Qwen/Qwen3-32B-AWQ",
    "cpatonn-mirror/Qwen3-Coder-30B-A3B-Instruct-AWQ-4bit",
    "cpatonn-mirror/Qwen3-Coder-30B-A3B-Instruct-AWQ-8bit",
    "Qwen/Qwen2.5-VL-7B-Instruct-AWQ",
    "Qwen/Qwen3-8B-GGUF",
    "Qwen/Qwen3-30B-A3B-GGUF",
    "iic/SenseVoiceSmall",
    "iic/CosyVoice2-0.5B",
    "Qwen/Qwen2.5-VL-3B-Instruct",
]
OLLAMA = [
    "qwen2.5:1.5b",
    "qwen3:1.7b",
    "qwen3:8b",
    "deepseek-r1:7b",
    "deepseek-r1:8b",
    "smollm2:135m",
    "smollm2:135m-instruct-q2_K",
]
NAMED = [
    *(f"modelscope:{name}" for name in THOR),
    *(f"ollama:{name}" for name in OLLAMA),
    "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8",
    "hf:google/gemma-3-1b-it",
]
KEY = {"ngc": "nvapi-canary", "hf": "hf-canary", "modelscope": "ms-canary"}


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    folder = tmp_path_factory.mktemp("hubs")
    with loopback(folder, usual(of(folder))) as running:
        yield running


def source_of(definition: Definition) -> str:
    return f"{definition.hub}:{definition.target}"


def servable() -> list[Definition]:
    return [
        one
        for one in definitions()
        if one.hub not in {"web", "github"} and (one.hub, one.access) != ("ngc", "licence")
    ]


def test_all_of_them_are_there() -> None:
    assert set(NAMED) <= {source_of(definition) for definition in servable()}


@pytest.mark.parametrize("definition", servable(), ids=source_of)
def test_a_source_is_locked_and_fetched(hubs: Loopback, definition: Definition) -> None:
    key = None if definition.access == "public" else KEY[definition.hub]
    hub = hubs.hub(source_of(definition), key)
    locked = hub.listing()
    links = hub.links(locked, [file.path for file in locked.files])
    assert hubs.fetched(links) == {file.path: file.sha256 for file in locked.files}
    assert hub.listing() == locked
    assert "canary" not in repr(links) + repr(locked)


def test_one_file_of_a_repository(hubs: Loopback) -> None:
    name = "Qwen3-8B-Q5_K_M.gguf"
    for hub in ("modelscope", "hf"):
        asked = hubs.hub(f"{hub}:Qwen/Qwen3-8B-GGUF", include=[name])
        locked = asked.listing()
        assert [file.path for file in locked.files] == [name]
        assert hubs.fetched(asked.links(locked, [name])) == {name: locked.files[0].sha256}


def test_no_key_is_in_the_log(hubs: Loopback) -> None:
    with_key = [one for one in servable() if one.access != "public"]
    for definition in with_key:
        hubs.hub(source_of(definition), KEY[definition.hub]).listing()
    said = hubs.log.read_text()
    assert {definition.hub for definition in with_key} >= {"ngc", "hf"}
    assert '"authorization": "Bearer"' in said
    assert not any(key in said for key in frozenset().union(*KEYS.by_hub.values()))
