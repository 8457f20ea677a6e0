"""The memory estimate beside what people measured, and its arithmetic by itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from jetfleet.catalog.architecture import Architecture
from jetfleet.hubs.config import architecture_of
from jetfleet.lock.model import Lock, LockedFile, LockedModel
from jetfleet.memory.cache import cache_bytes, compute_bytes, longest
from jetfleet.memory.host import HostMemory
from jetfleet.memory.need import Need
from jetfleet.memory.weights import weight_bytes
from jetfleet.plan.model import HostPlan
from jetfleet.plan.words import costs
from jetfleet.validate import memory_of
from tests.support.rendered import ROOT
from tests.support.specs import ARCHITECTURES, locked, spec_of, yaml
from tests.support.tables import kept

WORKING: dict[str, Any] = yaml(ROOT / "tests/data/cases/working.yaml")
HOSTS: dict[str, Any] = yaml(ROOT / "tests/data/cases/mistakes.yaml")["hosts"]
GUIDE = ROOT / "docs/guide/memory.md"
GIB = 2**30
GB = 1e9 / GIB
"""What `ollama ps` calls a GB, in GiB."""


def built(name: str) -> Architecture:
    return architecture_of(yaml(ARCHITECTURES)[name])


@cache
def lock() -> Lock:
    return locked(WORKING["models"], WORKING["sizes"])


def host_memory(folder: Path, like: str, **body: Any) -> HostMemory:
    spec = spec_of(folder, WORKING["models"], {"host": {**HOSTS[like], **body}})
    return memory_of(spec, lock(), "host")


def ollama(folder: Path, model: str) -> HostMemory:
    service = {"runtime": "ollama", "models": [model], "settings": {"num_parallel": 1}}
    return host_memory(folder, "nano", services={"llm": service})


def vllm(folder: Path, like: str, model: str, **more: Any) -> HostMemory:
    service = {"runtime": "vllm", "model": model, **more}
    return host_memory(folder, like, services={"llm": service})


@dataclass(frozen=True)
class Row:
    source: str
    what: str
    estimate: float  # GiB
    measured: float  # GiB
    within: float  # the share of `measured` that they may differ by


def rows(folder: Path) -> list[Row]:
    smol = cache_bytes(built("smollm2-135m"), 8192, "f16")
    assert smol is not None
    eight = ollama(folder, "qwen3-8b")
    return [
        Row("002", "SmolLM2 135M: KV cache of 8192 tokens", smol / GIB, 180.0 / 2**10, 0.001),
        Row("002", "qwen3:8b: `ollama ps`", eight.needs[0].total / GIB, 6.5 * GB, 0.05),
        Row("002", "qwen3:8b: the board in use", eight.total / GIB, 7.1, 0.05),
        Row(
            "002",
            "deepseek-r1:7b",
            ollama(folder, "deepseek-7b").needs[0].total / GIB,
            5.2 * GB,
            0.1,
        ),
        Row("002", "qwen3:1.7b", ollama(folder, "qwen3-1.7b").needs[0].total / GIB, 2.2 * GB, 0.1),
        Row(
            "002",
            "qwen2.5:1.5b",
            ollama(folder, "qwen2.5-1.5b").needs[0].total / GIB,
            1.5 * GB,
            0.1,
        ),
    ]


def ran(folder: Path) -> list[tuple[str, str, Need]]:
    """What vLLM served in a source: what it needs at least, of the share that it had."""
    in_general = {
        name: vllm(folder, "thor", name, image="nvcr.io/nvidia/vllm:25.09-py3")
        for name in (
            "bf16",
            "fp8",
            "fp4",
            "gptq-int4",
            "gptq-int8",
            "awq",
            "w4a16",
            "w8a16",
            "gguf",
        )
    }
    triton = "nvcr.io/nvidia/tritonserver:25.08-vllm-python-py3"
    coder = {"max-model-len": 16000, "gpu-memory-utilization": 0.95}
    small = {"max-model-len": 256, "gpu-memory-utilization": 0.65}
    return [
        ("001", "Cosmos on a Nano Super, 256 tokens, 0.65",
         vllm(folder, "super", "cosmos", flags=small).needs[0]),
        *(("003", f"Qwen3-8B {name} on Thor, its own 40960 tokens, 0.9", memory.needs[0])
          for name, memory in in_general.items()),
        ("003", "Qwen3-Coder-30B FP8 on Thor, its own 262144 tokens, 0.9",
         vllm(folder, "thor", "coder-fp8", image=triton).needs[0]),
        ("003", "Qwen3-Coder-30B W4A16 on Thor, 16000 tokens, 0.95",
         vllm(folder, "thor", "coder-w4a16", image=triton, flags=coder).needs[0]),
    ]  # fmt: skip


def test_the_estimate_beside_what_was_measured(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    table = rows(tmp_path)
    lines = [
        f"| {row.source} | {row.what} | {row.estimate:.2f} | {row.measured:.2f} |" for row in table
    ]
    more: list[str] = []
    print("\n".join(lines))
    for row in table:
        assert row.estimate == pytest.approx(row.measured, rel=row.within), row.what
    served = ran(tmp_path)
    for source, what, need in served:
        assert need.share is not None
        assert need.sure, what
        assert need.least <= need.share, what
        lines_of = f"| {source} | {what} | {need.least / GIB:.1f} | {need.share / GIB:.1f} |"
        print(lines_of)
        more.append(lines_of)
    rewrite = request.config.getoption("--rewrite-snapshots")
    measured = kept(GUIDE, "| source | what | estimate | measured |", lines, rewrite=rewrite)
    assert measured == "\n".join(lines), "`make snapshots` writes it again"
    needed = kept(GUIDE, "| source | what | needs | of |", more, rewrite=rewrite)
    assert needed == "\n".join(more), "`make snapshots` writes it again"


def test_what_is_known_to_have_been_killed_is_in_the_last_level(tmp_path: Path) -> None:
    # https://github.com/dusty-nv/jetson-containers/issues/795: Qwen2 7B with vLLM's usual share.
    nx = {"module": "orin-nx-16gb", "jetpack": "6.2"}
    memory = host_memory(
        tmp_path,
        "orin",
        **nx,
        l4t="36.4.3",
        services={"llm": {"runtime": "vllm", "model": "gguf", "flags": {"max-model-len": 200}}},
    )
    assert memory.level.name == "forbidden"


def test_a_cache_grows_with_layers_heads_and_type() -> None:
    qwen = built("qwen3-8b")
    assert cache_bytes(qwen, 1) == 2 * 36 * 8 * 128 * 2
    assert cache_bytes(qwen, 1000, "fp8") == 1000 * 2 * 36 * 8 * 128
    assert cache_bytes(qwen, 32, "q8_0") == 34 * 2 * 36 * 8 * 128
    assert cache_bytes(Architecture(layers=36, kv_heads=8), 1) is None


def test_a_window_keeps_no_more_than_itself() -> None:
    gemma = built("gemma-3-1b")
    each = 2 * 1 * 256 * 2
    assert (gemma.layers, gemma.windowed, gemma.window) == (26, 22, 512)
    assert cache_bytes(gemma, 512) == 26 * 512 * each
    assert cache_bytes(gemma, 10_000) == (4 * 10_000 + 22 * 512) * each


def test_the_longest_context_is_the_longest_that_fits() -> None:
    qwen = built("qwen3-8b")
    per_token = 2 * 36 * 8 * 128 * 2

    def cost(tokens: int) -> int | None:
        return cache_bytes(qwen, tokens)

    for steps in (1, 2, 31, 159):
        assert longest(cost, steps * 256 * per_token, qwen.context) == steps * 256
        assert longest(cost, steps * 256 * per_token - 1, qwen.context) == (steps - 1) * 256
    assert longest(cost, 10**12, qwen.context) == 40960
    assert longest(lambda _: None, 10**12, None) is None


def test_flash_attention_needs_no_scores() -> None:
    qwen = built("qwen3-8b")
    logits = 512 * 151936 * 4
    assert compute_bytes(qwen, 4096, flash=True) == logits
    assert compute_bytes(qwen, 4096, flash=False) == logits + 32 * 4096 * 512 * 4


def files(*sizes: tuple[str, int]) -> tuple[LockedFile, ...]:
    return tuple(LockedFile(path=path, size=size, sha256="0" * 64) for path, size in sizes)


@pytest.mark.parametrize(
    ("listed", "size"),
    [
        ([("config.json", 9), ("model-1.safetensors", 10), ("model-2.safetensors", 20)], 30),
        ([("model.safetensors", 10), ("consolidated.safetensors", 10)], 10),
        ([("model.safetensors", 10), ("pytorch_model.bin", 10)], 10),
        ([("a-Q4.gguf", 4), ("a-Q8.gguf", 8)], 4),
        ([("a-00001-of-00002.gguf", 4), ("a-00002-of-00002.gguf", 5), ("mmproj.gguf", 1)], 9),
        ([("1/model.onnx", 7), ("labels.txt", 1)], 7),
    ],
)
def test_what_is_loaded_of_a_model(listed: list[tuple[str, int]], size: int) -> None:
    model = LockedModel(source="hf:a/b", revision="1", files=files(*listed))
    assert weight_bytes(model) == size


def test_ollamas_parallel_requests_each_have_a_context(tmp_path: Path) -> None:
    service = {"runtime": "ollama", "models": ["qwen3-8b"]}
    caches = [
        host_memory(tmp_path, "nano", services={"llm": {**service, "settings": settings}}).needs[0]
        for settings in (
            {},
            {"num_parallel": 2},
            {"context_length": 8192},
            {"context_length": 8192, "flash_attention": True, "kv_cache_type": "q8_0"},
        )
    ]
    one, two, long, small = (need.cache for need in caches)
    assert one == 4096 * 2 * 36 * 8 * 128 * 2
    assert two == long == 2 * one
    assert small == one * 34 // 32
    assert caches[0].option.startswith("settings: {context_length: ")


def test_a_host_is_the_sum_of_its_services(tmp_path: Path) -> None:
    share = {"gpu-memory-utilization": 0.3, "max-model-len": 8192}
    services: dict[str, Any] = {
        "a": {"runtime": "vllm", "model": "bf16", "flags": share},
        "b": {"runtime": "trtllm", "model": "bf16", "port": 8001},
        "c": {"runtime": "llama.cpp", "model": "gguf", "flags": {"c": 8192}},
        "d": {"runtime": "triton", "port": 9000, "repository": {
            "q": {"backend": "vllm", "model": "awq", "flags": {"gpu_memory_utilization": 0.1}},
            "p": {"backend": "onnxruntime", "model": "peoplenet", "instances": 2},
        }},
        "e": {"runtime": "container", "image": "x/y:1", "probe": {"port": 1}},
    }  # fmt: skip
    memory = host_memory(tmp_path, "thor", services=services)
    assert [need.name for need in memory.needs] == ["a", "b", "c with gguf", "d", "e"]
    alone = [
        host_memory(tmp_path, "thor", services={name: body}) for name, body in services.items()
    ]
    system = memory.total - sum(need.total for need in memory.needs)
    assert all(one.total - one.needs[0].total == system for one in alone)
    assert memory.total == system + sum(one.total - system for one in alone)
    assert not memory.sure
    assert "at least" in memory.sentence


def test_a_plan_says_what_services_take(tmp_path: Path) -> None:
    memory = ollama(tmp_path, "qwen3-1.7b")
    host = HostPlan(host="nano", state="changes", memory=memory.sentence)
    (line,) = costs(host)
    assert line.startswith(
        "memory: about 3.5 GiB of 7.4 GiB (46%, safe): system 1.3 GiB; llm with "
    )
    assert line.endswith("2.2 GiB: weights 1.3 GiB, KV cache 448 MiB, overhead 425 MiB")
    # Where nothing changes there is nothing to weigh; the JSON has it of every board.
    assert list(costs(host.model_copy(update={"state": "converged"}))) == []
