"""What stands around each server: what it may change, waits for, is known by, and restarts for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.resources import File, Package, Service
from tests.support.rendered import content, docker
from tests.support.services import NANO_60, ORIN, THOR, given, ready, services

VLLM = "llm: {runtime: vllm, model: cosmos, flags: {gpu-memory-utilization: 0.5}MORE}"
TRTLLM = """\
llm: {runtime: trtllm, model: qwen3-8b-fp8, ipc: host,
  flags: {kv_cache_free_gpu_memory_fraction: 0.5},
  waive: {trtllm-fp8-block-thor: nothing is started here}MORE}
"""
SGLANG = "llm: {runtime: sglang, model: cosmos, flags: {mem-fraction-static: 0.5}MORE}"
LLAMA = "llm: {runtime: llama.cpp, model: qwen3-gguf, flags: {ctx-size: 512}MORE}"
TRITON = """\
llm:
  runtime: triton
  repository:
    qwen3: {model: qwen3-8b-fp8, backend: vllm, instances: 2, flags: {gpu-memory-utilization: 0.2}}
"""
CONTAINER = """\
llm: {runtime: container, image: "docker.io/library/x:1", models: [resnet], command: [serve],
  port: 8100, probe: {}MORE}
"""
MODELS = "/mnt/nvme/models"
ONE_MODEL = [
    (VLLM, ORIN, "cosmos"),
    (TRTLLM, THOR, "qwen3-8b-fp8"),
    (SGLANG, ORIN, "cosmos"),
    (LLAMA, ORIN, "qwen3-gguf"),
    (TRITON, THOR, "qwen3-8b-fp8"),
    (CONTAINER, ORIN, "resnet"),
]


def service(wanted: Any) -> Service:
    found = wanted["service:llm"]
    assert isinstance(found, Service)
    return found


def hash_of(folder: Path, text: str, board: tuple[str, str], more: str = "") -> str:
    """The hash of all that a start depends on."""
    return service(services(folder, text.replace("MORE", more), board)).started_with


@pytest.mark.parametrize(("text", "board", "model"), ONE_MODEL)
def test_a_server_cannot_change_a_model_and_waits_for_it(
    tmp_path: Path, text: str, board: tuple[str, str], model: str
) -> None:
    wanted = services(tmp_path, text.replace("MORE", ""), board)
    mounts = given(docker(wanted, "llm"), "-v")
    assert f"{MODELS}/{model}/r1:/models/{model}:ro" in mounts
    assert all(mount.endswith(":ro") for mount in mounts)
    assert f"model:{model}" in service(wanted).needs
    unit = content(wanted, "/etc/systemd/system/jetfleet-llm.service")
    assert f"RequiresMountsFor={MODELS}/{model}/r1\n" in unit
    assert "ExecStartPre=/usr/local/lib/jetfleet/prestart /etc/jetfleet/llm/ready.json\n" in unit
    about = json.loads(content(wanted, "/etc/jetfleet/llm/ready.json"))
    assert about["folders"] == [f"{MODELS}/{model}/r1"]
    assert about["container"] is True


@pytest.mark.parametrize(("text", "board", "model"), ONE_MODEL)
def test_it_has_the_gpu_and_says_what_it_was_started_with(
    tmp_path: Path, text: str, board: tuple[str, str], model: str
) -> None:
    wanted = services(tmp_path, text.replace("MORE", ""), board)
    del model
    words = docker(wanted, "llm")
    assert given(words, "--runtime") == ["nvidia"]
    assert given(words, "--label") == ["jetfleet.started-with=$JETFLEET_STARTED_WITH"]
    unit = content(wanted, "/etc/systemd/system/jetfleet-llm.service")
    assert f"JETFLEET_STARTED_WITH={service(wanted).started_with}\n" in unit


@pytest.mark.parametrize(
    ("text", "board", "variable"),
    [
        (VLLM, ORIN, "VLLM_API_KEY"),
        (SGLANG, THOR, "SGLANG_API_KEY"),
        (LLAMA, ORIN, "LLAMA_API_KEY"),
    ],
)
def test_a_key_is_for_the_server_and_for_those_who_wait_for_it(
    tmp_path: Path,
    text: str,
    board: tuple[str, str],
    variable: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("S3CR3T", "s3cr3t")
    monkeypatch.setenv("OTHER", "0ther")
    keyed = text.replace("MORE", ", api_key: {env: S3CR3T}")
    wanted = services(tmp_path, keyed, board)
    env = wanted["file:/etc/jetfleet/llm/env"]
    assert isinstance(env, File)
    assert (env.content, env.mode, env.secret) == (f"{variable}=s3cr3t\n", "600", True)
    assert ready(wanted, "llm")["key"] == variable
    assert given(docker(wanted, "llm"), "--env-file") == ["/etc/jetfleet/llm/env"]
    by_hand = text.replace("MORE", f", env: {{{variable}: {{env: S3CR3T}}}}")
    assert ready(services(tmp_path, by_hand, board), "llm")["key"] == variable
    assert "key" not in ready(services(tmp_path, text.replace("MORE", ""), board), "llm")
    other = keyed.replace("S3CR3T", "OTHER")
    assert hash_of(tmp_path, keyed, board) == hash_of(tmp_path, other, board), "it would tell"


@pytest.mark.parametrize(
    ("text", "board"),
    [
        (VLLM, ORIN),
        (TRTLLM, THOR),
        (CONTAINER, ORIN),
        (CONTAINER.replace("MORE", ", preset: jetson-containersMORE"), ORIN),
    ],
)
def test_shared_memory_of_the_host(tmp_path: Path, text: str, board: tuple[str, str]) -> None:
    more = "" if "ipc" in text else ", ipc: host"
    words = docker(services(tmp_path, text.replace("MORE", more), board), "llm")
    assert given(words, "--ipc") == ["host"]
    assert not given(words, "--shm-size"), "its size is that of the host then"


@pytest.mark.parametrize(
    "more",
    [
        ", port: 8123",
        ", host: 127.0.0.1",
        ', env: {A: "1"}',
        ", image: ghcr.io/nvidia-ai-iot/vllm:latest-jetson-orin",
        ", served_name: other",
    ],
)
def test_what_the_start_depends_on_is_in_its_hash(tmp_path: Path, more: str) -> None:
    if "env" in more:
        # Variables are in a file of root's alone, which the service reads and the hash has not.
        one = service(services(tmp_path, VLLM.replace("MORE", more))).reads
        two = service(services(tmp_path, VLLM.replace("MORE", more.replace("1", "2")))).reads
        assert one != two
    assert hash_of(tmp_path, VLLM, ORIN, more) != hash_of(tmp_path, VLLM, ORIN)


@pytest.mark.parametrize(
    ("more", "patience", "back"),
    [("", 600, True), (", ready_timeout: 90", 90, True), (", on_failure: keep", 600, False)],
)
def test_how_long_it_is_waited_for_and_what_then(
    tmp_path: Path, more: str, patience: float, back: object
) -> None:
    found = service(services(tmp_path, VLLM.replace("MORE", more)))
    assert (found.patience, found.rollback) == (patience, back)


def test_two_instances_of_a_model(tmp_path: Path) -> None:
    wanted = services(tmp_path, TRITON, THOR)
    text = content(wanted, "/etc/jetfleet/llm/repository/qwen3/config.pbtxt")
    assert "  { count: 2, kind: KIND_MODEL }\n" in text
    assert given(docker(wanted, "llm"), "--shm-size") == ["1g"]


@pytest.mark.parametrize("install", ["container", "native"])
def test_ollama_waits_for_the_disk_with_its_store(tmp_path: Path, install: str) -> None:
    native = ", install: native, archives: [packed]" if install == "native" else ""
    text = f"llm: {{runtime: ollama, models: [qwen3-1.7b]{native}}}"
    wanted = services(tmp_path, text, NANO_60)
    unit = content(wanted, "/etc/systemd/system/jetfleet-llm.service")
    (line,) = (line for line in unit.splitlines() if line.startswith("RequiresMountsFor="))
    assert f"{MODELS}/ollama" in line.partition("=")[2].split()
    assert "ollama:qwen3-1.7b" in service(wanted).needs
    assert (wanted.get("package:zstd") == Package("zstd")) is (install == "native")


VISION = """\
llm: {runtime: llama.cpp, model: seeing, flags: {ctx-size: 512MORE}}
"""


@pytest.mark.parametrize(
    ("more", "projectors", "vision"),
    [
        ("", ["/models/seeing/mmproj-model-f16.gguf"], True),
        (", mmproj: /models/seeing/own.gguf", ["/models/seeing/own.gguf"], True),
        (", no_mmproj: true", [], False),
        (", mmproj-auto: false", [], False),
    ],
)
def test_a_projector_beside_the_weights_lets_llama_cpp_see(
    tmp_path: Path, more: str, projectors: list[str], vision: object
) -> None:
    wanted = services(tmp_path, VISION.replace("MORE", more))
    assert given(docker(wanted, "llm"), "--mmproj") == projectors
    assert ready(wanted, "llm")["vision"] is vision, "a server that cannot see is not asked to"


@pytest.mark.parametrize(
    ("more", "capabilities"),
    [("", "compute,utility"), (", preset: jetson-containers", "compute,utility,graphics")],
)
def test_what_a_container_sees_of_the_driver(tmp_path: Path, more: str, capabilities: str) -> None:
    words = docker(services(tmp_path, CONTAINER.replace("MORE", more)), "llm")
    assert f"NVIDIA_DRIVER_CAPABILITIES={capabilities}" in given(words, "-e")


def test_a_probe_asks_at_its_own_port(tmp_path: Path) -> None:
    text = CONTAINER.replace("probe: {}", "probe: {port: 8101, status: 204}")
    about = ready(services(tmp_path, text.replace("MORE", "")), "llm")
    assert (about["url"], about["status"]) == ("http://127.0.0.1:8101", 204)


@pytest.mark.parametrize(
    ("upstream", "model"),
    [
        (VLLM.replace("MORE", ""), "/models/cosmos"),
        (VLLM.replace("MORE", ", served_name: eyes"), "eyes"),
        (LLAMA.replace("MORE", ""), "qwen3-gguf"),
        (LLAMA.replace("MORE", ", served_name: eyes"), "eyes"),
        ("llm: {runtime: ollama, models: [qwen3-1.7b]}", "qwen3:1.7b"),
    ],
)
def test_the_webui_asks_by_the_id_that_its_upstream_has(
    tmp_path: Path, upstream: str, model: str
) -> None:
    page = "webui: {runtime: live-vlm-webui, upstream: llm, max_tokens: 64}"
    wanted = services(tmp_path, f"{upstream}\n{page}")
    assert given(docker(wanted, "webui"), "--model") == [model]
    assert ready(wanted, "llm")["models"] == [model]
