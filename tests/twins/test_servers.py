"""A server of each runtime on two boards: from bare to an answer, each option as it was written."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.support.lab import Lab, Spec, changed, no_reboot, until
from tests.support.pyinfra import ROOT
from twins.standins import direct

pytestmark = pytest.mark.campaign

WRITTEN: dict[str, Any] = YAML(typ="safe").load((ROOT / "tests/data/servers.yaml").read_text())
HOSTS = ("thor", "orin")
SGLANG_KEY = "correct-horse-battery"
SERVICES = [(host, service) for host in HOSTS for service in WRITTEN[host]]


def servers(spec: Spec) -> None:
    """Let the boards have the services of the file, and nothing else of the example."""
    no_reboot(spec)
    spec["models"].update(WRITTEN["models"])
    for host in HOSTS:
        spec["hosts"][host].update(groups=[], services=WRITTEN[host])


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The two boards, converged from bare."""
    with pytest.MonkeyPatch.context() as environ:
        environ.setenv("SGLANG_KEY", SGLANG_KEY)
        lab = Lab.up(tmp_path_factory.mktemp("servers"), HOSTS, servers, whole=True)
        try:
            lab.converge()
            yield lab
        finally:
            lab.down()


def generated(lab: Lab) -> str:
    """What Triton's vLLM backend makes of a prompt."""
    url = f"http://{lab.fleet.ip('thor')}:8200/v2/models/qwen3-vllm/generate"
    body = {"text_input": "Hello", "parameters": {"max_tokens": 4}}
    with direct.session() as session:
        answer = session.post(url, json=body, timeout=30)
        answer.raise_for_status()
        return str(answer.json()["text_output"])


def of_sglang(lab: Lab, path: str, body: Any = None, key: str = SGLANG_KEY) -> Any:
    """The answer of SGLang to a request with a key."""
    url, headers = f"http://{lab.fleet.ip('thor')}:8300{path}", {"Authorization": f"Bearer {key}"}
    with direct.session() as session:
        if body is None:
            return session.get(url, headers=headers, timeout=10)
        return session.post(url, json=body, headers=headers, timeout=30)


def asked_with_its_key(lab: Lab) -> Any:
    """A chat with SGLang."""
    body = {"messages": [{"role": "user", "content": "Hello"}], "max_tokens": 8}
    answer = of_sglang(lab, "/v1/chat/completions", body)
    answer.raise_for_status()
    return answer.json()


def ollama(lab: Lab) -> str:
    url = f"http://{lab.fleet.ip('orin')}:11434/api/generate"
    with direct.session() as session:
        body = {"model": "smollm2:135m", "prompt": "Hello", "stream": False}
        return str(session.post(url, json=body, timeout=30).json()["response"])


def page(lab: Lab, port: int, status: int) -> bool:
    with direct.session() as session:
        return (
            session.get(f"http://{lab.fleet.ip('orin')}:{port}/", timeout=10).status_code == status
        )


ANSWERS: dict[str, Callable[[Lab], Any]] = {
    "trt": lambda lab: lab.chat("thor", port=8100),
    "triton": generated,
    "sglang": lambda lab: asked_with_its_key(lab)["choices"][0]["message"]["content"],
    "cosmos": lambda lab: lab.chat("orin"),
    "webui": lambda lab: 'value="100"' in lab.sh("orin", "curl -ks https://127.0.0.1:8090/"),
    "ollama": ollama,
    "llama": lambda lab: lab.chat("orin", port=8080),
    "tool": lambda lab: page(lab, 8300, 200),
    "plain": lambda lab: page(lab, 8400, 204),
}


def options(lab: Lab, host: str, service: str) -> Any:
    """The options that the server in a container reports."""
    if service == "webui":
        return json.loads(lab.sh(host, "curl -ks https://127.0.0.1:8090/standin/options"))
    if service == "sglang":
        return of_sglang(lab, "/standin/options").json()
    port = {"cosmos": 8000, "ollama": 11434, "llama": 8080, "plain": 8400}.get(service)
    return lab.get(host, "/standin/options", port or WRITTEN[host][service]["port"])


def variables(lab: Lab, host: str, service: str) -> dict[str, str]:
    """The environment of a container's first process."""
    pid = f"$(docker inspect -f '{{{{.State.Pid}}}}' {service})"
    text = lab.sh(host, f"tr '\\n\\0' '\\a\\n' < /proc/{pid}/environ")
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


@pytest.mark.parametrize("service", ANSWERS)
def test_it_answers(lab: Lab, service: str) -> None:
    assert ANSWERS[service](lab)


READ: dict[str, dict[str, Any]] = {
    "trt": {
        "host": "0.0.0.0",  # noqa: S104 - in a container
        "max_batch_size": 4,
        "max_seq_len": 4096,
        "free_gpu_memory_fraction": 0.25,
        "enable_chunked_prefill": True,
        "trust_remote_code": None,
        "reasoning_parser": "qwen3",
        "media_io_kwargs": {"video": {"num_frames": -1, "fps": 0.5}},
        "chat_template": '{{ messages }} it\'s $HOME, 100 % "so"',
    },
    "triton": {
        "http-port": 8200,
        "grpc-port": 8201,
        "metrics-port": 8202,
        "log-verbose": 1,
        "log-info": True,
        "allow-gpu-metrics": False,
        "disable-auto-complete-config": True,
        "metrics-interval-ms": 2500.0,
        "min-supported-compute-capability": 6.5,
        "cache-config": ["local,size=1048576", "local,x=it's $HOME"],
        "models": {
            "qwen3-vllm": {
                "model": "/models/qwen3-fp8",
                "max_model_len": 4096,
                "gpu_memory_utilization": 0.25,
                "enforce_eager": True,
                "enable_prefix_caching": False,
                "hf_overrides": {"rope_theta": 1000000.5, "name": "it's $HOME"},
            }
        },
    },
    "sglang": {
        "model-path": "/models/cosmos-reason2-2b",
        "served-model-name": "vlm",
        "mem-fraction-static": 0.2,
        "context-length": 4096,
        "max-running-requests": 4,
        "cuda-graph-bs": [1, 2, 4],
        "disable-radix-cache": True,
        "reasoning-parser": "qwen3",
        "json-model-override-args": '{"rope_theta": 1000000.5, "name": "it\'s $HOME"}',
        "api-key": "***",
    },
    "cosmos": {
        "served-model-name": ["cosmos"],
        "port": 8000,
        "max-model-len": 4096,
        "gpu-memory-utilization": 0.35,
        "max-num-seqs": 2,
        "enforce-eager": True,
        "enable-prefix-caching": False,
        "limit-mm-per-prompt": {"image": 1, "video": 0},
        "mm-processor-kwargs": {"num_frames": 2, "max_pixels": 150528},
        "cuda-graph-sizes": [1, 2, 4],
        "allowed-origins": ["http://a", "https://it's.example"],
        "response-role": "%n $HOME",
    },
    "webui": {
        "api_base": "http://127.0.0.1:8000/v1",
        "model": "cosmos",
        "max_tokens": 100,
        "process_every": 45,
        "prompt": "What's 100 % of $HOME, `id`?",
    },
    "ollama": {
        "keep_alive": 5400.0,
        "num_parallel": 2,
        "max_loaded_models": 1,
        "max_queue": 16,
        "context_length": 2048,
        "gpu_overhead": 268435456,
        "flash_attention": True,
        "sched_spread": False,
        "kv_cache_type": "q8_0",
        "noprune": True,
        "debug": False,
        "origins": "http://a,http://*.example",
        "models": "/ollama/models",
    },
    "llama": {
        "model": "/models/qwen3-gguf/Qwen3-8B-Q4_K_M.gguf",
        "alias": "qwen3",
        "ctx-size": 4096,
        "parallel": 2,
        "gpu-layers": "99",
        "flash-attn": "on",
        "temp": 0.7,
        "jinja": True,
        "mmap": False,
        "metrics": None,
        "cache-type-k": "q8_0",
        "tensor-split": ["3", "1"],
        "chat-template-kwargs": '{"enable_thinking": false, "note": "it\'s $HOME"}',
    },
    "tool": {"argv": WRITTEN["orin"]["tool"]["command"]},
    "plain": {"argv": ["--port", "80", "--status", "204"]},
}


@pytest.mark.parametrize(("host", "service"), SERVICES)
def test_its_options_arrive_as_they_are_written(lab: Lab, host: str, service: str) -> None:
    found = options(lab, host, service)
    assert {name: found.get(name) for name in READ[service]} == READ[service]


def test_sglang_asks_for_its_key_and_shows_it_to_nobody(lab: Lab) -> None:
    assert of_sglang(lab, "/v1/models", key="wrong").status_code == 401
    assert of_sglang(lab, "/v1/models").json()["data"][0]["id"] == "vlm"
    for shown in ("ps -eww -o args", "docker logs sglang 2>&1", "cat /etc/jetfleet/sglang/run"):
        text = lab.sh("thor", shown)
        assert "sglang" in text.lower()
        assert SGLANG_KEY not in text, shown
    assert "api_key='***'" in lab.sh("thor", "docker logs sglang 2>&1")


def test_a_load_timeout_of_nothing_is_for_ever(lab: Lab) -> None:
    assert options(lab, "orin", "ollama")["load_timeout"] > 1e9


def test_variables_of_a_container_arrive_as_they_are_written(lab: Lab) -> None:
    written = WRITTEN["orin"]["tool"]["env"]
    found = variables(lab, "orin", "tool")
    assert {name: found.get(name) for name in written} == written


@pytest.mark.parametrize(
    ("path", "writable"),
    [
        ("/data", True),
        ("/board-name", False),
        ("/models/qwen3-gguf/Qwen3-8B-Q4_K_M.gguf", False),
        ("/etc/nv_tegra_release", False),
        ("/etc/localtime", False),
    ],
)
def test_a_container_sees_what_it_was_given(lab: Lab, path: str, writable: object) -> None:
    found = lab.get("orin", f"/standin/file?path={path}", 8300)
    assert found == {"path": path, "exists": True, "writable": writable}


def test_a_second_apply_changes_nothing(lab: Lab) -> None:
    ran = lab.converge()
    assert {host: changed(ran, host) for host in HOSTS} == {host: [] for host in HOSTS}


def test_all_of_it_survives_a_reboot(lab: Lab) -> None:
    for host in HOSTS:
        lab.fleet.reboot(host)
    for host in HOSTS:
        lab.fleet.wait_ssh(host)
    for host, service in SERVICES:
        active = f"systemctl is-active jetfleet-{service}"
        until(lambda h=host, a=active: lab.holds(h, a), f"{service} to be ready", 180)
        assert ANSWERS[service](lab)
    assert lab.plan() == {}
