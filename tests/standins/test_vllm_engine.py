from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from twins.standins.hubs.content import models as hub_models
from twins.standins.servers.kit import claims, words
from twins.standins.servers.kit import folder as folders
from twins.standins.servers.kit.life import Circumstances
from twins.standins.servers.vllm import engine
from twins.standins.servers.vllm.image import Flaw, Image

if TYPE_CHECKING:
    from pathlib import Path

THOR = Image("0.13.0", 110, {})
MEMTOTAL = 128_731_928


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The Cosmos model as NGC serves it."""
    definition = next(
        one for one in hub_models.definitions() if one.name.endswith("/cosmos-reason2-2b")
    )
    for path, pieces in definition.contents():
        (tmp_path / "model").mkdir(exist_ok=True)
        (tmp_path / "model" / path).write_bytes(b"".join(pieces))
    return tmp_path / "model"


@pytest.fixture
def around(tmp_path: Path) -> Circumstances:
    root = tmp_path / "root"
    (root / "run/nvidia").mkdir(parents=True)
    (root / "proc").mkdir()
    gpu = {"soc": "thor", "sm": 110, "memtotal_kib": MEMTOTAL, "l4t": "38.2"}
    (root / "run/nvidia/twin-gpu.json").write_text(json.dumps(gpu))
    _meminfo(root, free=int(MEMTOTAL * 0.95))
    return Circumstances(load_seconds=0, root=root)


def _meminfo(root: Path, free: int) -> None:
    text = f"MemTotal:       {MEMTOTAL} kB\nMemFree: 9 kB\nMemAvailable:   {free} kB\n"
    (root / "proc/meminfo").write_text(text)


def test_a_whole_model_is_loaded(folder: Path, around: Circumstances) -> None:
    loaded = engine.start(THOR, str(folder), {"max-model-len": 8192}, around, {})
    assert loaded.names == (str(folder),)
    assert loaded.context == 8192


def test_the_served_name_is_the_options(folder: Path, around: Circumstances) -> None:
    options = {"served-model-name": ["cosmos", "other"], "max-model-len": 256}
    assert engine.start(THOR, str(folder), options, around, {}).names == ("cosmos", "other")


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"max-model-len": 262145}, r"max_model_len \(262145\) is greater"),
        ({"gpu-memory-utilization": 1.5}, "less than or equal to 1"),
        ({"gpu-memory-utilization": 0.0}, "greater than 0"),
        ({"gpu-memory-utilization": 0.99}, r"Free memory on device cuda:0 \(116.63/122.77 GiB\)"),
        ({"gpu-memory-utilization": 0.1}, r"\(28.00 GiB KV cache is needed"),
        (
            {"max-num-batched-tokens": 64, "enable-chunked-prefill": False},
            "max_num_batched_tokens",
        ),
    ],
)
def test_options_that_cannot_be_had_are_refused(
    folder: Path, around: Circumstances, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        engine.start(THOR, str(folder), options, around, {})


def test_page_cache_counts_as_used(folder: Path, around: Circumstances) -> None:
    _meminfo(around.root, free=MEMTOTAL // 2)
    with pytest.raises(ValueError, match="less than desired GPU memory utilization"):
        engine.start(THOR, str(folder), {}, around, {})


def test_without_the_nvidia_runtime_there_is_no_device(folder: Path, around: Circumstances) -> None:
    (around.root / "run/nvidia/twin-gpu.json").unlink()
    with pytest.raises(RuntimeError, match="Failed to infer device type"):
        engine.start(THOR, str(folder), {}, around, {})


def test_an_image_for_another_soc_has_no_kernels(folder: Path, around: Circumstances) -> None:
    with pytest.raises(RuntimeError, match="no kernel image is available"):
        engine.start(Image("0.11.0", 87, {}), str(folder), {}, around, {})


def test_an_image_for_several_gpus_has_kernels_for_each(
    folder: Path, around: Circumstances
) -> None:
    image = Image("0.20.0", [87, 110], {})
    assert engine.start(image, str(folder), {"max-model-len": 256}, around, {}).context == 256


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("name", "spoil", "sentence"),
    [
        ("config.json", "unlink", "config.json"),
        ("tokenizer.json", "unlink", "tokenizer.json is missing"),
        ("model-00002-of-00002.safetensors", "unlink", "model-00002-of-00002.safetensors"),
        ("model-00001-of-00002.safetensors", "truncate", "MetadataIncompleteBuffer.*00001"),
        ("model-00001-of-00002.safetensors", "empty", "HeaderTooLarge|InvalidHeader"),
    ],
)
def test_an_incomplete_model_is_named(folder: Path, name: str, spoil: str, sentence: str) -> None:
    path = folder / name
    {
        "unlink": path.unlink,
        "truncate": lambda: _truncate(path),
        "empty": lambda: path.write_bytes(b""),
    }[spoil]()
    with pytest.raises((OSError, ValueError), match=sentence):
        folders.open_model(str(folder), folder)


def test_the_answer_depends_on_every_weight(folder: Path, around: Circumstances) -> None:
    options = {"max-model-len": 256}
    before = engine.start(THOR, str(folder), options, around, {}).weights
    path = folder / "model-00002-of-00002.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    after = engine.start(THOR, str(folder), options, around, {}).weights
    texts = [words.generate(weights, "hello", 1, 20).text for weights in (before, after)]
    assert texts[0] != texts[1]


def test_max_tokens_is_kept() -> None:
    done = words.generate(b"weights", "what can you do", 8, 7)
    assert len(done.text.split()) == done.tokens == 7
    assert done.usage == {"prompt_tokens": 8, "total_tokens": 15, "completion_tokens": 7}
    assert done.finish == "length"
    assert "".join(done.pieces) == done.text
    assert words.generate(b"weights", "x", 1, 99).finish == "stop"
    assert words.generate(b"weights", "x", 1, 99, to_the_end=True).tokens == 99


def test_a_crash_at_load_is_one(folder: Path, around: Circumstances) -> None:
    faulty = Circumstances(0, "crash-at-load", around.root)
    with pytest.raises(RuntimeError, match="NVML_SUCCESS"):
        engine.start(THOR, str(folder), {"max-model-len": 256}, faulty, {})


def test_a_kernel_that_fails_can_be_disabled(folder: Path, around: Circumstances) -> None:
    at_load = Flaw("fp8", "load", "Machete", "no kernels")
    flawed = Image("0.10.1.1", 110, {}, (at_load,))
    with pytest.raises(RuntimeError, match="no kernels"):
        engine.start(flawed, str(folder), {}, around, {"VLLM_DISABLED_KERNELS": "Other"})
    environment = {"VLLM_DISABLED_KERNELS": "Other,Machete"}
    assert not engine.start(flawed, str(folder), {}, around, environment).broken


def test_the_memory_of_another_server_counts(folder: Path, around: Circumstances) -> None:
    (around.root / claims.FOLDER).mkdir()
    first = engine.start(THOR, str(folder), {"gpu-memory-utilization": 0.6}, around, {})
    with pytest.raises(ValueError, match=r"\(42.97/122.77 GiB\) on startup is less than desired"):
        engine.start(THOR, str(folder), {"gpu-memory-utilization": 0.6}, around, {})
    first.claim.end()
    engine.start(THOR, str(folder), {"gpu-memory-utilization": 0.6}, around, {})


def test_the_claim_of_a_dead_process_is_forgotten(around: Circumstances) -> None:
    (around.root / claims.FOLDER).mkdir()
    left = around.root / claims.FOLDER / "dead"
    left.write_text('{"bytes": 5}')
    assert claims.taken(around.root) == 0
    assert not left.exists()


@pytest.mark.parametrize(
    ("like", "gigabytes"),
    [
        # Sizes on disk of https://huggingface.co/Qwen/Qwen3-8B and its like, in 10**9 bytes.
        ("Qwen/Qwen3-8B", 16.4),
        ("Qwen/Qwen3-8B-FP8", 9.4),
        ("Qwen/Qwen3-8B-AWQ", 6.1),
        ("Qwen/Qwen3-30B-A3B", 61.1),
        ("Qwen/Qwen3-30B-A3B-FP8", 31.2),
    ],
)
def test_weights_count_as_large_as_they_are(tmp_path: Path, like: str, gigabytes: float) -> None:
    definition = next(d for d in hub_models.definitions() if d.name == like)
    config = json.loads(dict(definition.small_files)["config.json"])
    assert folders.Model(tmp_path, config, ()).bytes / 1e9 == pytest.approx(gigabytes, rel=0.08)
