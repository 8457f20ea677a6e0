"""What each runtime starts: its command line, its environment, and what ready means for it."""

# ruff: noqa: S104 - options of servers
from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jetfleet.resources import File
from tests.support.rendered import content, docker
from tests.support.services import THOR, after_image, given, ready, services, started


@pytest.fixture
def render(tmp_path: Path) -> Any:
    """What a board wants for the services in a text."""
    return partial(services, tmp_path)


def test_triton_with_the_vllm_backend(render: Any) -> None:
    wanted = render(
        """\
llm:
  runtime: triton
  ipc: host
  repository:
    qwen3:
      model: qwen3-8b-fp8
      backend: vllm
      flags: {max-model-len: 8192, gpu-memory-utilization: 0.5, enforce-eager: true}
  flags: {log-verbose: 1, allow-gpu-metrics: false, cache-config: ["local,size=1", "x,y=z"]}
""",
        THOR,
    )
    words = docker(wanted, "llm")
    model = "/mnt/nvme/models/qwen3-8b-fp8/r1"
    assert given(words, "-v") == [
        "/etc/jetfleet/llm/repository/qwen3:/repository/qwen3:ro",
        f"{model}:/models/qwen3-8b-fp8:ro",
    ]
    assert after_image(words) == [
        "nvcr.io/nvidia/tritonserver:25.08-vllm-python-py3",
        "tritonserver",
        "--model-repository=/repository",
        "--http-address=0.0.0.0",
        "--http-port=8000",
        "--grpc-address=0.0.0.0",
        "--grpc-port=8001",
        "--metrics-port=8002",
        "--allow-gpu-metrics=false",
        "--cache-config=local,size=1",
        "--cache-config=x,y=z",
        "--log-verbose=1",
    ]
    assert json.loads(content(wanted, "/etc/jetfleet/llm/repository/qwen3/1/model.json")) == {
        "model": "/models/qwen3-8b-fp8",
        "max_model_len": 8192,
        "gpu_memory_utilization": 0.5,
        "enforce_eager": True,
    }
    assert content(wanted, "/etc/jetfleet/llm/repository/qwen3/config.pbtxt").splitlines()[1:] == [
        'name: "qwen3"',
        'backend: "vllm"',
        "instance_group [",
        "  { count: 1, kind: KIND_MODEL }",
        "]",
    ]
    unit = content(wanted, "/etc/systemd/system/jetfleet-llm.service")
    assert "docker stop -t 45 llm" in unit
    assert "TimeoutStopSec=90" in unit
    assert ready(wanted, "llm")["models"] == ["qwen3"]


def test_triton_on_orin_mounts_a_model_where_its_version_is(render: Any) -> None:
    wanted = render(
        """\
vision:
  runtime: triton
  port: 8100
  repository:
    resnet: {model: resnet, backend: onnxruntime, config: ["max_batch_size: 8"]}
  host: 127.0.0.1
  flags: {grpc_port: 9001}
"""
    )
    words = docker(wanted, "vision")
    assert given(words, "-v") == [
        "/etc/jetfleet/vision/repository/resnet/config.pbtxt:/repository/resnet/config.pbtxt:ro",
        "/mnt/nvme/models/resnet/r1:/repository/resnet/1:ro",
    ]
    assert after_image(words)[0] == "nvcr.io/nvidia/tritonserver:25.04-py3-igpu"
    assert after_image(words)[-5:] == [
        "--http-address=127.0.0.1",
        "--http-port=8100",
        "--grpc-address=127.0.0.1",
        "--metrics-port=8102",
        "--grpc-port=9001",
    ]
    about = ready(wanted, "vision")
    assert (about["host"], about["ports"]) == ("127.0.0.1", [8100, 9001, 8102])
    text = content(wanted, "/etc/jetfleet/vision/repository/resnet/config.pbtxt")
    assert text.endswith("]\nmax_batch_size: 8\n")


def test_trtllm_listens_where_others_reach_it(render: Any) -> None:
    wanted = render(
        """\
llm:
  runtime: trtllm
  model: qwen3-8b-fp8
  port: 8001
  ipc: host
  flags: {max-batch-size: 8, kv_cache_free_gpu_memory_fraction: 0.5, trust-remote-code: true}
  waive:
    trust-remote-code: to see how a switch is written
    trtllm-fp8-block-thor: nothing is started here
""",
        THOR,
    )
    words = docker(wanted, "llm")
    assert after_image(words) == [
        "nvcr.io/nvidia/tensorrt-llm/release:1.2.0rc1",
        "trtllm-serve", "/models/qwen3-8b-fp8", "--host", "0.0.0.0", "--port", "8001",
        "--kv_cache_free_gpu_memory_fraction", "0.5", "--max_batch_size", "8",
        "--trust_remote_code",
    ]  # fmt: skip
    assert given(words, "--ulimit") == ["memlock=-1", "stack=67108864"]
    assert ready(wanted, "llm")["models"] == ["qwen3-8b-fp8"]


def test_llamacpp_serves_the_gguf_file(render: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3CR3T", "s3cr3t")
    wanted = render(
        """\
llm:
  runtime: llama.cpp
  model: qwen3-gguf
  served_name: qwen3
  api_key: {env: LLM_KEY}
  flags: {ctx-size: 4096, n-gpu-layers: 99, flash-attn: "on", mmap: false, jinja: true}
""".replace("api_key: {env: LLM_KEY}\n", "api_key: {env: S3CR3T}\n")
    )
    words = docker(wanted, "llm")
    assert started(words) == [
        "ghcr.io/nvidia-ai-iot/llama_cpp:latest-jetson-orin",
        "llama-server", "-m", "/models/qwen3-gguf/Qwen3-8B-Q4_K_M.gguf",
        "--host", "0.0.0.0", "--port", "8080", "--alias", "qwen3",
        "--ctx-size", "4096", "--flash-attn", "on", "--jinja", "--no-mmap",
        "--n-gpu-layers", "99",
    ]  # fmt: skip
    env = wanted["file:/etc/jetfleet/llm/env"]
    assert isinstance(env, File)
    assert (env.content, env.mode, env.secret) == ("LLAMA_API_KEY=s3cr3t\n", "600", True)
    assert ready(wanted, "llm")["key"] == "LLAMA_API_KEY"
    assert "s3cr3t" not in " ".join(words)
