"""What fails on servers other than vLLM: each fault is named, and the old service is back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.support.lab import Lab, Spec, no_reboot, until
from tests.support.pyinfra import Ran
from tests.support.started_service import back, fault, files, start_of
from twins.standins import direct

pytestmark = pytest.mark.campaign

HOST = "thor"
VLLM = {"max-model-len": 2048, "gpu-memory-utilization": 0.2}
SERVICES: dict[str, dict[str, Any]] = {
    "ollama": {"runtime": "ollama", "models": ["smollm2-135m"]},
    "triton": {
        "runtime": "triton",
        "port": 8100,
        "repository": {"qwen3": {"model": "qwen3", "backend": "vllm", "flags": VLLM}},
    },
    "app": {
        "runtime": "container",
        "image": "ghcr.io/nvidia-ai-iot/llama_cpp:b10373-r38.2.arm64-sbsa-cp312-cu130-24.04",
        "entrypoint": "python3",
        "command": ["-m", "http.server", "8200"],
        "port": 8200,
        "probe": {"path": "/etc/passwd"},
        "ready_timeout": 6,
    },
}


def ended(sentence: str, status: int) -> dict[str, Any]:
    """Settings of a container that says something and ends."""
    return {"entrypoint": "sh", "command": ["-c", f"echo {sentence}; exit {status}"]}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A board with the three services, ready."""

    def three(spec: Spec) -> None:
        no_reboot(spec)
        spec["models"]["qwen3"] = {"source": "modelscope:Qwen/Qwen3-8B"}
        spec["hosts"][HOST].update(services=SERVICES)

    lab = Lab.up(tmp_path_factory.mktemp("servers"), [HOST], three, whole=True)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


def applied(lab: Lab, name: str, change: dict[str, Any]) -> Ran:
    """Apply other settings of one service."""

    def edit(spec: Spec) -> None:
        spec["hosts"][HOST]["services"] = {**SERVICES, name: {**SERVICES[name], **change}}

    lab.rewrite(edit)
    return lab.apply()


def asked(port: int, path: str, body: Any = None) -> Callable[[Lab], bool]:
    """A request that a service of the board answers well."""

    def ask(lab: Lab) -> bool:
        with direct.session() as session:
            url = f"http://{lab.fleet.ip(HOST)}:{port}{path}"
            answer = session.request("POST" if body else "GET", url, json=body, timeout=30)
            return bool(answer.ok)

    return ask


ANSWERS = {
    "ollama": asked(11434, "/api/generate", {"model": "smollm2:135m", "prompt": "Hello"}),
    "triton": asked(8100, "/v2/models/qwen3/generate", {"text_input": "Hello"}),
    "app": asked(8200, "/etc/passwd"),
}


@pytest.mark.parametrize(
    ("name", "change", "sentence", "last"),
    [
        ("ollama", {"env": fault("crash-at-start")}, "exit status 1;", "CUDA driver init"),
        ("ollama", {"env": fault("killed-at-load")}, "exit status 137 (killed, as a rule f", ""),
        ("ollama", {"env": fault("crash-at-load")}, "/api/generate answered 500: ", "Allocator"),
        ("ollama", {"env": fault("generation-fails")}, "/api/generate answered 500: ", "runner p"),
        ("triton", {"env": fault("crash-at-start")}, "exit status 1;", "CUDA driver init"),
        ("triton", {"env": fault("crash-at-load")}, "exit status 1;", "failed to load 'qwen3'"),
        ("triton", {"env": fault("killed-at-load")}, "exit status 137 (killed, as a rule f", ""),
        ("triton", {"env": fault("generation-fails")}, "generate_stream answered 400: ", "engine"),
        ("app", ended("no camera", 1), "exit status 1;", "no camera"),
        ("app", ended("too large", 137), "exit status 137 (killed, as a rule f", "too large"),
        ("app", {"probe": {"path": "/none"}}, "nothing has moved for 6 seconds", "status 404, not"),
    ],
)
def test_what_fails_is_named_and_the_old_one_is_back(
    lab: Lab, name: str, change: dict[str, Any], sentence: str, last: str
) -> None:
    others = {other: start_of(lab, HOST, other) for other in SERVICES if other != name}
    before = files(lab, HOST, name)
    ran = applied(lab, name, change)
    assert ran.status == 1
    assert f"{name} does not come up: " in ran.log or f"Serve {name}: " in ran.log
    assert sentence in ran.log, ran.log[-2000:]
    assert last in ran.log, ran.log[-2000:]
    assert back(name) in ran.log, ran.log[-2000:]
    assert files(lab, HOST, name) == before
    assert ANSWERS[name](lab)
    assert {other: start_of(lab, HOST, other) for other in others} == others


@pytest.mark.parametrize("port", [8301, 8302])
def test_a_foreign_process_on_any_port_is_named_before_anything_stops(lab: Lab, port: int) -> None:
    before, start = files(lab, HOST, "triton"), start_of(lab, HOST, "triton")
    lab.sh(HOST, f"systemd-run --quiet --unit=foreign python3 -m http.server {port}")
    try:
        until(lambda: lab.holds(HOST, f"curl -s http://127.0.0.1:{port}"), "the foreign process")
        ran = applied(lab, "triton", {"port": 8300})
        assert ran.status == 1
        assert f"triton is not started: port {port} is taken by python3 (pid " in ran.log
        assert "of foreign.service)" in ran.log
        assert "The old triton was not touched" in ran.log
        assert (files(lab, HOST, "triton"), start_of(lab, HOST, "triton")) == (before, start)
        assert ANSWERS["triton"](lab)
    finally:
        lab.sh(HOST, "systemctl stop foreign")


def test_the_three_are_as_the_spec_wants_them(lab: Lab) -> None:
    assert applied(lab, "app", {}).status == 0
    assert lab.plan() == {}
