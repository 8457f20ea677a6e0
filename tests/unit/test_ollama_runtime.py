"""What Ollama starts with, in a container and on the board itself."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from jetfleet.resources import Service
from tests.support.rendered import content, docker
from tests.support.services import NANO_60, THOR, after_image, given, ready, services


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
