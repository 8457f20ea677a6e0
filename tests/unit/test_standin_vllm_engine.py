from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from jetfleet.standin.hub import models as hub_models
from jetfleet.standin.programs.vllm import completion, engine, model
from jetfleet.standin.programs.vllm.image import Image

if TYPE_CHECKING:
    from pathlib import Path

THOR = Image("0.13.0", "thor", 110, {})
MEMTOTAL = 128_731_928


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The Cosmos model as NGC serves it."""
    definition = hub_models.definitions()[0]
    for path, pieces in definition.contents():
        (tmp_path / "model").mkdir(exist_ok=True)
        (tmp_path / "model" / path).write_bytes(b"".join(pieces))
    return tmp_path / "model"


@pytest.fixture
def around(tmp_path: Path) -> engine.Circumstances:
    root = tmp_path / "root"
    (root / "run/nvidia").mkdir(parents=True)
    (root / "proc").mkdir()
    gpu = {"soc": "thor", "sm": 110, "memtotal_kib": MEMTOTAL, "l4t": "38.2"}
    (root / "run/nvidia/twin-gpu.json").write_text(json.dumps(gpu))
    _meminfo(root, free=int(MEMTOTAL * 0.95))
    return engine.Circumstances(load_seconds=0, root=root)


def _meminfo(root: Path, free: int) -> None:
    text = f"MemTotal:       {MEMTOTAL} kB\nMemFree: 9 kB\nMemAvailable:   {free} kB\n"
    (root / "proc/meminfo").write_text(text)


def test_a_whole_model_is_loaded(folder: Path, around: engine.Circumstances) -> None:
    loaded = engine.start(THOR, str(folder), {"max-model-len": 8192}, around)
    assert loaded.names == (str(folder),)
    assert loaded.context == 8192


def test_the_served_name_is_the_options(folder: Path, around: engine.Circumstances) -> None:
    options = {"served-model-name": ["cosmos", "other"], "max-model-len": 256}
    assert engine.start(THOR, str(folder), options, around).names == ("cosmos", "other")


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
    folder: Path, around: engine.Circumstances, options: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        engine.start(THOR, str(folder), options, around)


def test_page_cache_counts_as_used(folder: Path, around: engine.Circumstances) -> None:
    _meminfo(around.root, free=MEMTOTAL // 2)
    with pytest.raises(ValueError, match="less than desired GPU memory utilization"):
        engine.start(THOR, str(folder), {}, around)


def test_without_the_nvidia_runtime_there_is_no_device(
    folder: Path, around: engine.Circumstances
) -> None:
    (around.root / "run/nvidia/twin-gpu.json").unlink()
    with pytest.raises(RuntimeError, match="Failed to infer device type"):
        engine.start(THOR, str(folder), {}, around)


def test_an_image_for_another_soc_has_no_kernels(
    folder: Path, around: engine.Circumstances
) -> None:
    with pytest.raises(RuntimeError, match="no kernel image is available"):
        engine.start(Image("0.11.0", "orin", 87, {}), str(folder), {}, around)


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
        model.open_model(str(folder), folder)


def test_the_answer_depends_on_every_weight(folder: Path, around: engine.Circumstances) -> None:
    options = {"max-model-len": 256}
    before = engine.start(THOR, str(folder), options, around).weights
    path = folder / "model-00002-of-00002.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    after = engine.start(THOR, str(folder), options, around).weights
    texts = [completion.generate(weights, "hello", 20, 256).text for weights in (before, after)]
    assert texts[0] != texts[1]


def test_max_tokens_is_kept() -> None:
    done = completion.generate(b"weights", "what can you do", 7, 256)
    assert len(done.text.split()) == done.tokens == 7
    assert done.usage == {"prompt_tokens": 8, "total_tokens": 15, "completion_tokens": 7}
    assert done.finish == "length"


def test_an_answer_beyond_the_context_is_refused() -> None:
    with pytest.raises(completion.Refusal, match="is too large: 512") as refusal:
        completion.generate(b"weights", "hello", 512, 256)
    assert refusal.value.status == 400


def test_a_crash_at_load_is_one(folder: Path, around: engine.Circumstances) -> None:
    faulty = engine.Circumstances(0, "crash-at-load", around.root)
    with pytest.raises(RuntimeError, match="NVML_SUCCESS"):
        engine.start(THOR, str(folder), {"max-model-len": 256}, faulty)
