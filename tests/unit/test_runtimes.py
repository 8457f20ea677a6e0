"""What each runtime starts: its command line, its environment, and what ready means for it."""

# ruff: noqa: S104 - options of servers
from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jetfleet.resources import File, Service
from tests.support.rendered import content, docker
from tests.support.services import NANO_60, THOR, after_image, given, ready, services, started


@pytest.fixture
def render(tmp_path: Path) -> Any:
    """What a board wants for the services in a text."""
    return partial(services, tmp_path)


def test_ollama_in_a_container(render: Any) -> None:
    wanted = render(
        """\
llm:
  runtime: ollama
  models: [qwen3-1.7b, own]
  settings:
    keep_alive: 10m
    num_parallel: 1
    max_loaded_models: 1
    flash_attention: true
    kv_cache_type: q8_0
    context_length: 4096
    gpu_overhead: 256MB
    origins: ["http://a", "http://b"]
""",
        NANO_60,
    )
    words = docker(wanted, "llm")
    env = dict(pair.split("=", 1) for pair in given(words, "-e"))
    assert env == {
        "NVIDIA_VISIBLE_DEVICES": "all",
        "NVIDIA_DRIVER_CAPABILITIES": "compute,utility",
        "JETSON_JETPACK": "6",
        "OLLAMA_HOST": "0.0.0.0:11434",
        "OLLAMA_MODELS": "/ollama/models",
        "OLLAMA_CONTEXT_LENGTH": "4096",
        "OLLAMA_FLASH_ATTENTION": "1",
        "OLLAMA_GPU_OVERHEAD": "256000000",
        "OLLAMA_KEEP_ALIVE": "10m",
        "OLLAMA_KV_CACHE_TYPE": "q8_0",
        "OLLAMA_MAX_LOADED_MODELS": "1",
        "OLLAMA_NOPRUNE": "1",
        "OLLAMA_NUM_PARALLEL": "1",
        "OLLAMA_ORIGINS": "http://a,http://b",
    }
    assert given(words, "-v") == [
        "/mnt/nvme/models/ollama:/ollama/models",
        "/mnt/nvme/models/ollama/manifests:/ollama/models/manifests:ro",
    ]
    assert given(words, "--entrypoint") == ["ollama"]
    assert after_image(words) == ["docker.io/ollama/ollama:0.6.8", "serve"]
    about = ready(wanted, "llm")
    assert (about["kind"], about["url"]) == ("ollama", "http://127.0.0.1:11434")
    assert about["models"] == ["qwen3:1.7b", "registry.example.org/team/tiny:latest"]
    service = wanted["service:llm"]
    assert isinstance(service, Service)
    assert {"ollama:qwen3-1.7b", "ollama:own", "model:own"} <= set(service.needs)


def test_ollama_on_thor_gets_no_jetpack(render: Any) -> None:
    words = docker(render("llm: {runtime: ollama, models: [qwen3-1.7b]}", THOR), "llm")
    assert not any(word.startswith("JETSON_JETPACK") for word in words)


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
        "--model-control-mode=explicit",
        "--load-model=qwen3",
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


def test_the_webui_always_gets_its_server(render: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3CR3T", "s3cr3t")
    wanted = render(
        """\
cosmos:
  runtime: vllm
  model: cosmos
  api_key: {env: S3CR3T}
  flags: {max-model-len: 256, gpu-memory-utilization: 0.65}
webui:
  runtime: live-vlm-webui
  upstream: cosmos
  max_tokens: 100
  process_every: 60
  prompt: "What's $HOME, 100%?"
"""
    )
    words = docker(wanted, "webui")
    assert started(words) == [
        "ghcr.io/nvidia-ai-iot/live-vlm-webui:0.4.0-jetson-orin",
        "python", "/usr/local/lib/jetfleet/webui", "--host", "0.0.0.0", "--port", "8090",
        "--ssl-cert", "/var/lib/jetfleet/tls/webui/cert.pem",
        "--ssl-key", "/var/lib/jetfleet/tls/webui/key.pem",
        "--api-base", "http://127.0.0.1:8000/v1", "--model", "/models/cosmos",
        "--prompt", "What's $HOME, 100%?", "--process-every", "60",
    ]  # fmt: skip
    assert "JETFLEET_MAX_TOKENS=100" in given(words, "-e")
    assert content(wanted, "/etc/jetfleet/webui/env") == "JETFLEET_UPSTREAM_KEY=s3cr3t\n"
    script = content(wanted, "/etc/jetfleet/webui/run")
    assert "for mount in /run/jtop.sock:/run/jtop.sock:ro; do" in script
    certificate = "/usr/local/lib/jetfleet/certificate /var/lib/jetfleet/tls/webui"
    assert f"{certificate} 192.0.2.12 board board.local localhost 127.0.0.1\n" in script
    about = ready(wanted, "webui")
    assert (about["kind"], about["url"], about["tls"], about["health"]) == (
        "http", "https://127.0.0.1:8090", True, "/",
    )  # fmt: skip


def test_the_webui_asks_another_host(render: Any) -> None:
    words = docker(
        render(
            "webui: {runtime: live-vlm-webui, api_base: 'http://192.0.2.11:8000/v1', "
            "served_name: qwen3-vl}"
        ),
        "webui",
    )
    assert after_image(words)[-4:] == [
        "--api-base", "http://192.0.2.11:8000/v1", "--model", "qwen3-vl",
    ]  # fmt: skip


def test_any_container_with_the_preset(render: Any) -> None:
    wanted = render(
        """\
yolo:
  runtime: container
  image: docker.io/dustynv/ultralytics:r36.4.0
  models: [resnet]
  command: [python3, -m, "http.server", "8200"]
  entrypoint: /usr/bin/env
  port: 8200
  preset: jetson-containers
  mounts: {/mnt/nvme/data: "/data:rw", /mnt/nvme/zone: /etc/timezone}
  devices: [/dev/ttyUSB0]
  env: {MODE: "a b"}
  probe: {path: /health, status: 204}
"""
    )
    script = content(wanted, "/etc/jetfleet/yolo/run")
    assert "/tmp/argus_socket:/tmp/argus_socket " in script
    assert "/etc/timezone:/etc/timezone" not in script, "two mounts at one place"
    assert "docker.sock" not in script, "who has the engine's socket is root on the board"
    assert "for device in /dev/ttyUSB0 /dev/snd /dev/bus/usb /dev/video* /dev/i2c-[0-9]" in script
    words = docker(wanted, "yolo")
    assert given(words, "-v") == [
        "/mnt/nvme/models/resnet/r1:/models/resnet:ro",
        "/mnt/nvme/data:/data",
        "/mnt/nvme/zone:/etc/timezone:ro",
    ]
    assert given(words, "--shm-size") == ["8g"]
    assert given(words, "--network") == ["host"]
    assert given(words, "--entrypoint") == ["/usr/bin/env"]
    assert after_image(words)[1:] == ["python3", "-m", "http.server", "8200"]
    assert content(wanted, "/etc/jetfleet/yolo/env") == "MODE=a b\n"
    about = ready(wanted, "yolo")
    assert (about["kind"], about["url"], about["health"], about["status"]) == (
        "http", "http://127.0.0.1:8200", "/health", 204,
    )  # fmt: skip


def test_a_container_behind_published_ports(render: Any) -> None:
    words = docker(
        render(
            "web: {runtime: container, image: docker.io/library/nginx:1.27, "
            "ports: {8080: 80}, probe: {}}"
        ),
        "web",
    )
    assert given(words, "-p") == ["8080:80"]
    assert "--network" not in words


def test_ollama_on_the_board_itself(render: Any) -> None:
    wanted = render(
        """\
llm:
  runtime: ollama
  install: native
  archives: [bundle, jetpack6]
  models: [qwen3-1.7b]
  settings: {origins: ["http://a b"]}
  env: {OLLAMA_LLM_LIBRARY: "cuda_jetpack6"}
""",
        NANO_60,
    )
    script = content(wanted, "/etc/jetfleet/llm/run")
    folder = re.search(r"/opt/jetfleet/llm/[0-9a-f]{12}", script)
    assert folder
    models = "/mnt/nvme/models"
    assert (
        f"/usr/local/lib/jetfleet/native {folder[0]} {models}/ollama "
        f"{models}/bundle/r1/ollama-linux-arm64.tgz "
        f"{models}/jetpack6/r1/ollama-linux-arm64-jetpack6.tgz\n"
    ) in script
    words = docker(wanted, "llm")
    assert words[0] == "/usr/bin/env"
    assert {
        "HOME=/usr/share/ollama", "JETSON_JETPACK=6", "OLLAMA_HOST=0.0.0.0:11434",
        f"OLLAMA_MODELS={models}/ollama", "OLLAMA_NOPRUNE=1", "OLLAMA_ORIGINS=http://a b",
    } <= set(words)  # fmt: skip
    assert words[-8:] == [
        "--reuid", "ollama", "--regid", "ollama", "--init-groups", "--",
        f"{folder[0]}/bin/ollama", "serve",
    ]  # fmt: skip
    assert "export" in script, "the variables of the spec are in a file of root's alone"
    unit = content(wanted, "/etc/systemd/system/jetfleet-llm.service")
    assert "docker.service" not in unit
    assert "docker stop" not in unit
    service = wanted["service:llm"]
    assert isinstance(service, Service)
    assert not service.container
    assert {"model:bundle", "model:jetpack6", "ollama:qwen3-1.7b"} <= set(service.needs)
    assert not any(key.startswith("image:") for key in wanted)
