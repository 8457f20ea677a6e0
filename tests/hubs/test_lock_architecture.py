"""What the lock learns of how a model is built, at each hub, and that it can do without."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetfleet.catalog.architecture import Architecture
from jetfleet.hubs import config, gguf
from jetfleet.hubs.architecture import described
from jetfleet.lock import Lock
from jetfleet.lock.file import load_lock, save_lock
from tests.support.hubs import KEYS, Loopback, loopback, of
from tests.support.rendered import ROOT
from twins.standins.hubs.sites import sites

QWEN = {"layers": 36, "kv_heads": 8, "head_dim": 128, "heads": 32, "context": 40960}
NAMES = ("google/gemma-3-1b-it", "Qwen/Qwen3-8B-FP8", "Qwen/Qwen3-8B-GGUF", "qwen3",
         "nim/nvidia/cosmos-reason2-2b", "iic/SenseVoiceSmall", "okwinds/Qwen3-8B-Int4-W4A16",
         "nv-community/Qwen3-8B-FP4")  # fmt: skip
COSMOS = "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8"


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    models = of(tmp_path_factory.mktemp("models"), *NAMES)
    # Stores are at their own names here, as in the world: only the workstation knows where.
    apart = sites(models, KEYS, 60)
    with loopback(tmp_path_factory.mktemp("hubs"), lambda _: apart) as running:
        yield running


@pytest.mark.parametrize(
    ("source", "key", "found"),
    [
        ("modelscope:Qwen/Qwen3-8B-FP8", None, {**QWEN, "quantisation": "fp8-block"}),
        ("modelscope:nv-community/Qwen3-8B-FP4", None, {**QWEN, "quantisation": "nvfp4"}),
        ("modelscope:okwinds/Qwen3-8B-Int4-W4A16", None, {**QWEN, "quantisation": "w4a16"}),
        ("hf:Qwen/Qwen3-8B-GGUF", None, {**QWEN, "quantisation": "gguf-q4_k_m"}),
        ("ollama:qwen3:8b", None, {**QWEN, "quantisation": "gguf-q4_k_m"}),
        ("hf:google/gemma-3-1b-it", "hf-canary", {"layers": 26, "windowed": 22, "window": 512}),
        (COSMOS, "nvapi-canary", {"layers": 28, "kv_cache": "fp8", "quantisation": "fp8"}),
    ],
)
def test_every_hub_tells(
    hubs: Loopback, source: str, key: str | None, found: dict[str, Any]
) -> None:
    hub = hubs.hub(source, key)
    built = described(hub, hub.listing()).architecture
    assert built is not None
    assert {name: getattr(built, name) for name in found} == found


def test_one_gguf_file_is_read_by_its_beginning(hubs: Loopback) -> None:
    name = "Qwen3-8B-Q5_K_M.gguf"
    hub = hubs.hub("hf:Qwen/Qwen3-8B-GGUF", include=[name])
    locked = hub.listing()
    assert len(hub.head(locked, name, 100)) == 100
    built = described(hub, locked).architecture
    assert built is not None
    assert built.quantisation == "gguf-q5_k_m"


def test_a_model_that_does_not_say_is_locked_all_the_same(hubs: Loopback) -> None:
    hub = hubs.hub("modelscope:iic/SenseVoiceSmall")
    locked = hub.listing()
    assert described(hub, locked) == locked


def test_a_hub_that_keeps_its_config_does_not_keep_the_model(hubs: Loopback) -> None:
    hub = hubs.hub("modelscope:Qwen/Qwen3-8B-FP8")
    locked = hub.listing()
    wrong = [file.model_copy(update={"sha256": "0" * 64}) for file in locked.files]
    other = locked.model_copy(update={"files": tuple(wrong)})
    assert described(hub, other).architecture is None


def test_a_folder_tells_and_the_lock_keeps_it(tmp_path: Path) -> None:
    built = Architecture(names=("Qwen3ForCausalLM",), layers=36, kv_heads=8, head_dim=128)
    lock = load_lock(ROOT / "tests/data/lock.yaml")
    (name, model), *_ = lock.models.items()
    new = Lock(images=lock.images, models={name: model.model_copy(update={"architecture": built})})
    save_lock(new, tmp_path / "a.lock.yaml", tmp_path / "a.yaml")
    assert load_lock(tmp_path / "a.lock.yaml") == new
    text = (tmp_path / "a.lock.yaml").read_text(encoding="utf-8")
    assert "layers: 36" in text
    assert "window" not in text


def test_an_old_lock_has_none() -> None:
    lock = load_lock(ROOT / "tests/data/lock.yaml")
    assert all(model.architecture is None for model in lock.models.values())


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"quantization_config": {"quant_method": "awq", "bits": 4}}, {"quantisation": "awq"}),
        ({"quantization_config": {"quant_method": "gptq", "bits": 8}},
         {"quantisation": "gptq-int8"}),
        ({"quantization_config": {"quant_method": "fp8"}}, {"quantisation": "fp8"}),
        ({"quantization_config": {"quant_method": "compressed-tensors"}},
         {"quantisation": "compressed-tensors"}),
        ({"quantization_config": {"quant_method": "compressed-tensors", "config_groups": {"g": {
            "weights": {"num_bits": 8, "type": "int"}, "input_activations": {"num_bits": 8}}}}},
         {"quantisation": "w8a8"}),
        ({"num_hidden_layers": 4, "sliding_window": 8, "use_sliding_window": False},
         {"layers": 4, "windowed": None}),
        ({"num_hidden_layers": 4, "sliding_window": 8}, {"layers": 4, "windowed": 4, "window": 8}),
        ({"num_hidden_layers": 4, "sliding_window": 8, "layer_types": [
            "linear_attention", "sliding_attention", "full_attention", "linear_attention"]},
         {"layers": 2, "windowed": 1, "window": 8}),
        ({"num_hidden_layers": 61, "kv_lora_rank": 512}, {"layers": None}),
        ({"hidden_size": 64, "num_attention_heads": 4}, {"head_dim": 16, "kv_heads": 4}),
        ({"num_hidden_layers": "many", "head_dim": True}, {"layers": None, "head_dim": None}),
        ({"text_config": {"num_hidden_layers": 7}, "architectures": ["X"]},
         {"layers": 7, "names": ("X",)}),
    ],
)  # fmt: skip
def test_configs(said: dict[str, Any], found: dict[str, Any]) -> None:
    built = config.architecture_of(said)
    assert {name: getattr(built, name) for name in found} == found


def string(text: str) -> bytes:
    return struct.pack("<Q", len(text)) + text.encode()


def header(*items: tuple[str, int, bytes]) -> bytes:
    body = b"".join(string(key) + struct.pack("<I", kind) + value for key, kind, value in items)
    return b"GGUF" + struct.pack("<IQQ", 3, 0, len(items)) + body


def numbers(*values: int) -> bytes:
    return struct.pack(f"<IQ{len(values)}I", 4, len(values), *values)


def test_a_header_is_read_up_to_its_vocabulary() -> None:
    tokens = struct.pack("<IQ", 8, 151936) + string("a") * 10
    head = header(
        ("general.architecture", 8, string("llama")),
        ("llama.block_count", 4, struct.pack("<I", 32)),
        ("llama.attention.head_count_kv", 9, numbers(8, 8, 4)),
        ("llama.embedding_length", 4, struct.pack("<I", 4096)),
        ("llama.attention.head_count", 4, struct.pack("<I", 32)),
        ("tokenizer.ggml.tokens", 9, tokens),
    )
    built = gguf.architecture_of(head)
    assert built == Architecture(
        names=("llama",), layers=32, kv_heads=8, head_dim=128, heads=32, vocabulary=151936,
        quantisation="gguf",
    )  # fmt: skip


@pytest.mark.parametrize("length", range(0, 160, 7))
def test_a_header_that_is_cut_off_is_read_up_to_its_end(length: int) -> None:
    head = header(
        ("general.architecture", 8, string("llama")),
        ("llama.block_count", 4, struct.pack("<I", 32)),
        ("llama.context_length", 4, struct.pack("<I", 8192)),
    )
    built = gguf.architecture_of(head[:length])
    assert built is None or built.names == ("llama",)


@pytest.mark.parametrize("head", [b"", b"GGUF", b"PK\x03\x04" * 9, b"GGUF" + b"\xff" * 64])
def test_what_is_no_gguf_tells_nothing(head: bytes) -> None:
    assert gguf.architecture_of(head) is None
