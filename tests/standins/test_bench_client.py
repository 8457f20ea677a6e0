"""The client of benchmarks against the stand-in of each server that has no benchmark of its own."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jetfleet.bench import steps
from jetfleet.runtimes.benchmark import Benchmark, Load
from jetfleet.runtimes.registry import runtimes
from tests.support.board_python import board_path
from tests.support.standin_programs import ORIN, THOR, Program, Running, free_port, model

SGLANG = "nvcr.io/nvidia/sglang:26.01-py3"
TRTLLM = "nvcr.io/nvidia/tensorrt-llm/release:1.2.0rc1"
LLAMA = "ghcr.io/nvidia-ai-iot/llama_cpp:latest-jetson-orin"
TEXT, GGUF = "Qwen/Qwen3-8B", "Qwen/Qwen3-8B-GGUF"
SMALL = Load("small", "small", 40, 5, 4, 2)


@contextmanager
def sglang(folder: Path, port: int) -> Iterator[Running]:
    program, files = Program.of(folder, SGLANG, THOR), model(folder / "m", TEXT)
    words = ("--model-path", str(files), "--served-model-name", "m", "--port", str(port))
    url = f"http://127.0.0.1:{port}"
    with program.serving(*words, "--mem-fraction-static", "0.5", url=url) as running:
        running.wait_for(lambda: running.get("/health_generate").status_code == 200)
        yield running


@contextmanager
def trtllm(folder: Path, port: int) -> Iterator[Running]:
    program, files = Program.of(folder, TRTLLM, THOR), model(folder / "m", TEXT)
    words = ("serve", str(files), "--host", "127.0.0.1", "--port", str(port))
    more = ("--kv_cache_free_gpu_memory_fraction", "0.5", "--max_seq_len", "4096")
    with program.serving(*words, *more, url=f"http://127.0.0.1:{port}") as running:
        yield running


@contextmanager
def llamacpp(folder: Path, port: int) -> Iterator[Running]:
    program, files = Program.of(folder, LLAMA, ORIN), model(folder / "m", GGUF)
    file = next(one for one in files.glob("*.gguf"))
    words = ("-m", str(file), "--port", str(port), "--alias", "m")
    with program.serving(*words, url=f"http://127.0.0.1:{port}") as running:
        running.wait_for(lambda: running.get("/health").status_code == 200)
        yield running


@pytest.mark.parametrize(
    ("name", "started"), [("sglang", sglang), ("trtllm", trtllm), ("llama.cpp", llamacpp)]
)
def test_each_server_takes_its_requests(
    name: str, started: Callable[[Path, int], Any], tmp_path: Path
) -> None:
    its = runtimes()[name]
    with started(tmp_path, free_port()) as running:
        target = Benchmark("s", running.url, "m", cache=its.cache, body=its.load_body)
        script = steps._script(target, [SMALL], 2, "now").replace("/run/jetfleet", str(tmp_path))
        done = subprocess.run(
            ["sh", "-c", script], env={"PATH": board_path()}, cwd=tmp_path, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / f"{target.unit}.json").read_text())["small"]
    assert [one["completed"] for one in found] == [4, 4]
    for one in found:
        assert one["total_output_tokens"] == 20
        assert one["total_input_tokens"] > 0
        assert one["mean_ttft_ms"] > 0
