"""The images: pulled from a real registry over TLS, unpacked, and run by root in a folder."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.twins.unpacked_images import (
    FLAGS,
    ORIN,
    THOR,
    Registry,
    Unpacked,
    free_port,
    serving,
    unpacked,
)
from twins.standins import direct
from twins.standins.registry import publish
from twins.standins.registry.base import base_layer
from twins.standins.registry.recipe import recipes

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    cache, fleet = tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("fleet")
    with serving(cache, fleet) as one:
        yield one


@pytest.fixture(scope="module")
def thor(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    root = tmp_path_factory.mktemp("thor")
    return Unpacked(root, unpacked(registry, THOR, root))


@pytest.fixture(scope="module")
def orin(registry: Registry, tmp_path_factory: pytest.TempPathFactory) -> Unpacked:
    root = tmp_path_factory.mktemp("orin")
    return Unpacked(root, unpacked(registry, ORIN, root))


def test_both_images_share_their_base(registry: Registry) -> None:
    bases = {registry.pull(reference)["layers"][0]["digest"] for reference in (THOR, ORIN)}
    assert len(bases) == 1
    assert registry.pull(THOR)["layers"][0]["size"] < 10_000_000
    for reference in registry.digests:
        layers = registry.pull(reference)["layers"]
        assert layers[0]["digest"] in bases
        assert layers[-1]["size"] < 100_000


@pytest.mark.campaign
def test_the_base_is_the_same_from_the_same_packages(registry: Registry, tmp_path: Path) -> None:
    for layer in recipes().layers:
        assert base_layer(layer, tmp_path).digest == base_layer(layer, registry.cache).digest


def test_a_fleet_cannot_write_to_the_registry(registry: Registry) -> None:
    url = f"{registry.url}/v2/nvidia/vllm/blobs/uploads/"
    assert registry.session.post(url, timeout=5).status_code == 405


def test_nothing_is_pushed_twice(registry: Registry) -> None:
    began = time.monotonic()
    assert publish.publish(registry.cache) == registry.digests
    assert time.monotonic() - began < 1


def test_shells_and_tools_are_there(thor: Unpacked, orin: Unpacked) -> None:
    assert "== vLLM ==" in thor.run("true").stdout
    assert orin.run("bash", "-c", "echo $((40 + 2)); cat /flags.yaml").stdout == "42\n" + FLAGS
    assert orin.run("vllm", "--version").returncode == 127
    activated = "cd /opt/ && source venv/bin/activate && vllm --version"
    assert orin.run("bash", "-c", activated).stdout == "0.11.0\n"
    assert thor.run("vllm", "--version").stdout.endswith("0.13.0\n")


def test_the_config_file_is_obeyed_and_the_line_wins(thor: Unpacked) -> None:
    with thor.serving("--config", "/flags.yaml", "--max-model-len", "4096") as url:
        assert direct.session().get(f"{url}/health", timeout=5).content == b""
        listed = direct.session().get(f"{url}/v1/models", timeout=5).json()["data"][0]
        assert (listed["id"], listed["max_model_len"]) == ("/models/cosmos-reason2-2b", 4096)
        options = direct.session().get(f"{url}/standin/options", timeout=5).json()
        assert options["media-io-kwargs"] == {"video": {"num_frames": -1}}
        assert options["reasoning-parser"] == "qwen3"
        asked = {
            "model": "/models/cosmos-reason2-2b",
            "messages": [{"role": "user", "content": "What capabilities do you have?"}],
            "max_tokens": 12,
        }
        chat = f"{url}/v1/chat/completions"
        answer = direct.session().post(chat, json=asked, timeout=5).json()
        assert len(answer["choices"][0]["message"]["content"].split()) == 12
        assert answer["usage"]["completion_tokens"] == 12
        other = direct.session().post(chat, json={**asked, "model": "other"}, timeout=5)
        assert other.status_code == 404
        too_many = direct.session().post(chat, json={**asked, "max_tokens": 5000}, timeout=5)
        assert too_many.status_code == 400
        metrics = direct.session().get(f"{url}/metrics", timeout=5).text
        assert "vllm:generation_tokens_total" in metrics
        assert direct.session().get(f"{url}/version", timeout=5).json() == {"version": "0.13.0"}


def test_an_api_key_guards_v1_alone(thor: Unpacked) -> None:
    with thor.serving("--config", "/flags.yaml", VLLM_API_KEY="secret") as url:
        assert direct.session().get(f"{url}/health", timeout=5).ok
        assert direct.session().get(f"{url}/v1/models", timeout=5).status_code == 401
        with_key = {"Authorization": "Bearer secret"}
        assert direct.session().get(f"{url}/v1/models", headers=with_key, timeout=5).ok


def test_a_generation_can_fail(thor: Unpacked) -> None:
    words = ("/models/cosmos-reason2-2b", "--max-model-len", "256")
    with thor.serving(*words, JETFLEET_STANDIN_FAULT="generation-fails") as url:
        assert direct.session().get(f"{url}/health", timeout=5).ok
        asked = {"prompt": "hello", "max_tokens": 2}
        assert (
            direct.session().post(f"{url}/v1/completions", json=asked, timeout=5).status_code == 500
        )


def test_the_port_is_closed_while_the_model_loads(thor: Unpacked) -> None:
    port = free_port()
    argv = thor.argv("vllm", "serve", "--config", "/flags.yaml", "--port", str(port))
    env = thor.env(JETFLEET_STANDIN_LOAD_SECONDS="60")
    process = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    try:
        assert any("is being loaded" in line for line in process.stdout)
        with pytest.raises(ConnectionRefusedError), socket.create_connection(("127.0.0.1", port)):
            pass
    finally:
        process.terminate()
        assert process.wait(timeout=2) == 0
        process.stdout.close()


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (["/models/cosmos-reason2-2b", "--VLLM_SKIP_WARMUP=true"], 2, "unrecognized arguments"),
        (["/models/none"], 1, "Invalid repository ID or local directory"),
        (["--config", "/none.yaml"], 1, "No such file or directory: '/none.yaml'"),
        (["--config", "/flags.yaml", "--gpu-memory-utilization", "1.5"], 1, "CacheConfig"),
        (["--config", "/unknown.yaml"], 2, "unrecognized arguments: --vllm-skip-warmup"),
        (["--config", "/nested.yaml"], 2, "cannot be converted"),
    ],
)
def test_what_is_refused(thor: Unpacked, words: list[str], status: int, sentence: str) -> None:
    (thor.root / "unknown.yaml").write_text("model: /m\nvllm-skip-warmup: true\n")
    (thor.root / "nested.yaml").write_text("model: /m\nlimit-mm-per-prompt:\n  image: 1\n")
    done = thor.run("vllm", "serve", *words)
    assert (done.returncode, sentence in done.stderr) == (status, True), done.stderr


def test_an_orin_image_has_no_kernels_for_thor(orin: Unpacked) -> None:
    done = orin.run("/opt/venv/bin/vllm", "serve", "--config", "/flags.yaml")
    assert done.returncode == 1
    assert "CUDA error: no kernel image is available for execution on the device" in done.stderr


@pytest.mark.parametrize(
    ("reference", "words", "end"),
    [
        ("nvcr.io/nvidia/vllm:25.09-py3", ["vllm", "bench", "serve"], (1, "required: --model")),
        (
            "docker.io/vllm/vllm-openai:v0.20.0",
            ["/m", "--no-such"],
            (2, "unrecognized arguments: --no-such"),
        ),
        ("docker.io/ollama/ollama:0.6.8", ["pull"], (1, "accepts at least 1 arg")),
        (
            "docker.io/dustynv/ollama:0.6.8-r36.4-cu126-22.04",
            ["ollama", "x"],
            (1, "unknown command"),
        ),
        ("ghcr.io/nvidia-ai-iot/ollama:r38.2.arm64-sbsa-cu130-24.04", ["ollama", "-v"], (0, "")),
        ("nvcr.io/nvidia/tritonserver:25.04-py3-igpu", ["tritonserver"], (127, "libnvdla")),
        (
            "nvcr.io/nvidia/tritonserver:25.04-vllm-python-py3",
            ["tritonserver"],
            (1, "must be spec"),
        ),
        (
            "nvcr.io/nvidia/tritonserver:25.08-vllm-python-py3",
            ["tritonserver"],
            (1, "must be spec"),
        ),
        (
            "nvcr.io/nvidia/tensorrt-llm/release:1.2.0rc1",
            ["trtllm-serve", "/models/cosmos-reason2-2b", "--config", "/flags.yaml"],
            (1, "got 2.0"),
        ),
        (
            "docker.io/dustynv/sglang:0.4.7-r36.4-cu128-24.04",
            ["python3", "-m", "sglang.launch_server", "--model-path", "/m", "--config", "/f.yaml"],
            (2, "unrecognized arguments: --config"),
        ),
        (
            "nvcr.io/nvidia/sglang:26.01-py3",
            ["python3", "-m", "sglang.launch_server", "--model-path", "/none"],
            (137, "Received sigquit"),
        ),
        ("ghcr.io/nvidia-ai-iot/llama_cpp:latest-jetson-orin", ["llama-server"], (1, "--model is")),
        (
            "ghcr.io/nvidia-ai-iot/llama_cpp:b10373-r38.2.arm64-sbsa-cp312-cu130-24.04",
            ["llama-server", "--version"],
            (0, "version: 10373"),
        ),
        (
            "ghcr.io/nvidia-ai-iot/live-vlm-webui:0.4.0-jetson-orin",
            ["python", "-m", "live_vlm_webui.server", "--api-base", "x", "--model", "y"],
            (1, "SSL certificates not found"),
        ),
        (
            "ghcr.io/nvidia-ai-iot/live-vlm-webui:0.4.0-jetson-thor",
            ["live-vlm-webui", "x"],
            (2, "x"),
        ),
        ("docker.io/dustynv/l4t-pytorch:r36.4.0", ["app", "--fail", "3"], (3, "because of --fail")),
        (
            "quay.io/prometheus/node-exporter:v1.8.2",
            ["node_exporter", "--fail", "3"],
            (3, "because of --fail"),
        ),
    ],
)
def test_every_program_starts_in_its_image(
    registry: Registry, tmp_path: Path, reference: str, words: list[str], end: tuple[int, str]
) -> None:
    """The images hold a small part of Python: what a program imports must be in it."""
    image = Unpacked(tmp_path, unpacked(registry, reference, tmp_path))
    (tmp_path / "flags.yaml").write_text("free_gpu_memory_fraction: 2.0\n")
    done = image.run(*words)
    assert (done.returncode, end[1] in done.stderr) == (end[0], True), done.stdout + done.stderr


def test_every_image_is_tried_here(registry: Registry) -> None:
    tried = {THOR, ORIN, *_tried(test_every_program_starts_in_its_image)}
    assert set(registry.digests) == tried


def _tried(test: Any) -> set[str]:
    (mark,) = test.pytestmark
    return {row[0] for row in mark.args[1]}
