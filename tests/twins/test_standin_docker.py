"""The stand-in images through real Docker on a twin, pulled from the registry by their names."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetfleet.spec.load import load
from tests.support.lab import until
from twins.board import board_of
from twins.fleet import Fleet

pytestmark = pytest.mark.campaign

LAB = load(Path(__file__).parents[2] / "inventory/lab.yaml")
NANO = next(b for h in LAB.hosts if "Nano" in (b := board_of(h)).dt_model)
OLLAMA = "docker.io/ollama/ollama:0.6.8"
LLAMA = "ghcr.io/nvidia-ai-iot/llama_cpp:latest-jetson-orin"
TRITON = "nvcr.io/nvidia/tritonserver:25.04-py3-igpu"
VLLM = "nvcr.io/nvidia/tritonserver:25.08-vllm-python-py3"
WEBUI = "ghcr.io/nvidia-ai-iot/live-vlm-webui:0.4.0-jetson-orin"
PLAIN = "docker.io/dustynv/l4t-pytorch:r36.4.0"
RUN = "docker run --network host --runtime nvidia"
RELEASE = "https://github.com/ollama/ollama/releases/download/v0.6.8"
LARGE = "qwen3:8b"


class Twin:
    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    def sh(self, script: str, status: int = 0, given: str | None = None) -> str:
        done = self.fleet.exec(NANO.name, ["timeout", "60", "sh", "-c", script], input=given)
        assert done.returncode == status, f"{script}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def json(self, url: str, *more: str) -> Any:
        return json.loads(self.sh(f"curl -fsSk {' '.join(more)} {url}"))

    def answers(self, url: str) -> None:
        until(lambda: not self.fleet.exec(NANO.name, ["curl", "-fsSk", url]).returncode, url)


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twin]:
    fleet = Fleet.up([NANO], state=tmp_path_factory.mktemp("twin") / "state", owner_pid=os.getpid())
    yield Twin(fleet)
    fleet.down()


@pytest.fixture(scope="module")
def ollama(twin: Twin) -> Twin:
    twin.sh(f"{RUN} -d --name ollama -e JETSON_JETPACK=6 {OLLAMA}")
    twin.answers("http://127.0.0.1:11434/api/version")
    return twin


def test_ollama_pulls_and_answers_on_the_gpu(ollama: Twin) -> None:
    assert "success" in ollama.sh(f"docker exec ollama ollama pull {LARGE}")
    assert ollama.sh(f"docker exec ollama ollama run {LARGE} hello").strip()
    (loaded,) = ollama.json("http://127.0.0.1:11434/api/ps")["models"]
    assert loaded["size_vram"] == loaded["size"]
    assert "variant=cuda_jetpack6" in ollama.sh("docker logs ollama")


def test_containers_share_the_memory_of_the_board(ollama: Twin) -> None:
    ollama.sh(f"docker exec ollama ollama pull {LARGE}")
    ollama.sh(f"docker exec ollama ollama run {LARGE} hello")
    file = "https://models.example.org/gguf/Qwen3-8B-Q5_K_M.gguf"
    ollama.sh(f"mkdir -p /models && curl -fsSL -o /models/m.gguf {file}")
    serve = "llama-server -m /models/m.gguf -c 2048 --port 8080"
    refused = ollama.sh(f"{RUN} --rm -v /models:/models:ro {LLAMA} {serve}", 1)
    assert "cudaMalloc failed: out of memory" in refused
    ollama.sh(f"docker exec ollama ollama stop {LARGE}")
    ollama.sh(f"{RUN} -d --name llama -v /models:/models:ro {LLAMA} {serve}")
    ollama.answers("http://127.0.0.1:8080/health")
    asked = json.dumps({"messages": [{"role": "user", "content": "hello"}], "max_tokens": 4})
    answer = ollama.json("http://127.0.0.1:8080/v1/chat/completions", f"-d '{asked}'")
    assert answer["usage"]["completion_tokens"] == 4
    ollama.sh("docker rm -f llama ollama")


def test_the_bundle_runs_on_the_boards_own_python(twin: Twin) -> None:
    for name in ("ollama-linux-arm64", "ollama-linux-arm64-jetpack6"):
        twin.sh(f"curl -fsSL {RELEASE}/{name}.tgz | tar -xz -C /usr/local")
    twin.sh(
        "useradd -rm -G video ollama && systemd-run --unit=ollama -p User=ollama "
        "-E OLLAMA_HOST=127.0.0.1:11500 -E OLLAMA_KEEP_ALIVE=90s /usr/local/bin/ollama serve"
    )
    twin.answers("http://127.0.0.1:11500/api/version")
    twin.sh("OLLAMA_HOST=127.0.0.1:11500 HOME=/root ollama pull qwen2.5:1.5b")
    asked = json.dumps({"model": "qwen2.5:1.5b", "prompt": "hello", "stream": False})
    assert twin.json("http://127.0.0.1:11500/api/generate", f"-d '{asked}'")["response"]
    assert twin.json("http://127.0.0.1:11500/standin/options")["keep_alive"] == 90
    assert "variant=cuda_jetpack6" in twin.sh("journalctl -u ollama --no-pager")
    twin.sh("test -d /home/ollama/.ollama/models/blobs && systemctl stop ollama")


def test_triton_serves_its_repository_and_has_no_vllm(twin: Twin) -> None:
    config = 'backend: "onnxruntime" output [{name: "y" data_type: TYPE_FP32 dims: [1]}]'
    twin.sh("mkdir -p /repo/m/1 && : >/repo/m/1/model.onnx && cat >/repo/m/config.pbtxt", 0, config)
    serve = "tritonserver --model-repository /repo --model-control-mode explicit --load-model m"
    twin.sh(f"{RUN} -d --name triton -v /repo:/repo:ro {TRITON} {serve}")
    twin.answers("http://127.0.0.1:8000/v2/health/ready")
    twin.sh("curl -fsS http://127.0.0.1:8000/v2/models/m/ready && docker rm -f triton")
    twin.sh("cat >/repo/m/config.pbtxt", 0, 'backend: "vllm"')
    failed = twin.sh(f"{RUN} --rm -v /repo:/repo:ro {TRITON} {serve}", 1)
    assert "unable to find backend library for backend 'vllm'" in failed


def test_the_webui_speaks_tls_with_the_certificate_that_it_is_given(twin: Twin) -> None:
    tls = Path(twin.fleet.plan.state) / "tls"
    for name in ("cert.pem", "key.pem"):
        twin.sh(f"mkdir -p /tls && cat >/tls/{name}", 0, (tls / name).read_text())
    server = "python -m live_vlm_webui.server --ssl-cert /tls/cert.pem --ssl-key /tls/key.pem"
    words = "--api-base http://127.0.0.1:8000/v1 --model cosmos"
    twin.sh(f"{RUN} -d --name webui -v /tls:/tls:ro {WEBUI} {server} {words}")
    twin.answers("https://127.0.0.1:8090/api/rtsp/status")
    about = twin.json("https://127.0.0.1:8090/standin/options")
    assert (about["api_base"], about["model"]) == ("http://127.0.0.1:8000/v1", "cosmos")
    assert about["max_tokens"] == 512
    twin.sh("docker rm -f webui")


def test_any_command_can_be_run(twin: Twin) -> None:
    given = "-e NAME=board -v /tls:/data:ro"
    twin.sh(f"{RUN} -d --name app {given} {PLAIN} app --port 8899 --label 'a b'")
    twin.answers("http://127.0.0.1:8899/")
    about = twin.json("http://127.0.0.1:8899/standin/options")
    assert (about["rest"], about["environment"]["NAME"]) == (["--label", "a b"], 5)
    there = twin.json("'http://127.0.0.1:8899/standin/file?path=/data'")
    assert (there["exists"], there["writable"]) == (True, False)
    twin.sh("docker rm -f app")
