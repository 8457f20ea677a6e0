"""The probe and the gates against the stand-ins: good, slower, rubbish, and loaded by others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from jetfleet.rollout.gates.evidence import Wave
from jetfleet.rollout.gates.judge import judge
from jetfleet.rollout.gates.probe import Ask
from jetfleet.rollout.gates.probed import Probe, Record
from jetfleet.rollout.gates.verdict import Verdict
from jetfleet.runtimes.registry import runtimes
from jetfleet.runtimes.vllm.benchmark import CLIENTS
from tests.support.gate_evidence import QUIET, TOKENS, good, key
from tests.support.probes import run
from tests.support.standin_programs import ORIN, THOR, Program, Running, free_port, model

VLLM = "nvcr.io/nvidia/vllm:26.01-py3"
LLAMA = "ghcr.io/nvidia-ai-iot/llama_cpp:latest-jetson-orin"
PACE = {"JETFLEET_STANDIN_TOKEN_SECONDS": "0.004"}
ASK = Ask(requests=5, tokens=64, seconds=60, wait=5)


@contextmanager
def vllm(folder: Path, **env: str) -> Iterator[Running]:
    port = free_port()
    program, files = Program.of(folder, VLLM, THOR), model(folder / "m", "Qwen/Qwen3-8B")
    words = ("serve", str(files), "--port", str(port), "--max-model-len", "4096",
             "--served-model-name", "m")  # fmt: skip
    with program.serving(*words, url=f"http://127.0.0.1:{port}", **PACE, **env) as running:
        running.wait_for(lambda: running.get("/health").status_code == 200)
        yield running


@contextmanager
def llamacpp(folder: Path, **env: str) -> Iterator[Running]:
    port = free_port()
    program, files = Program.of(folder, LLAMA, ORIN), model(folder / "m", "Qwen/Qwen3-8B-GGUF")
    file = next(one for one in files.glob("*.gguf"))
    words = ("-m", str(file), "--port", str(port), "--alias", "m")
    with program.serving(*words, url=f"http://127.0.0.1:{port}", **PACE, **env) as running:
        running.wait_for(lambda: running.get("/health").status_code == 200)
        yield running


SERVERS = {"vllm": vllm, "llama.cpp": llamacpp}


def probed(name: str, running: Running, folder: Path, ask: Ask = ASK) -> Probe:
    its = runtimes()[name]
    body, clients = {"ignore_eos": True}, CLIENTS if name == "vllm" else its.clients
    found, said = run(running.url, folder, ask, body=body, clients=clients)
    assert not found.error, said
    return found


def verdict(before: Probe, after: Probe) -> Verdict:
    """Judge them as if both were from a board: this computer has no power mode."""
    at = {"service": "llm", "host": "a", "at": "2026", "key": key()}
    quiet = {"begin": QUIET, "end": QUIET}
    was, now = (
        {"llm": Record(**at, probe=one.model_copy(update=quiet))} for one in (before, after)
    )
    return judge([TOKENS], Wave([good(host="a", probed_before=was, probed=now)]))


@pytest.mark.parametrize("name", SERVERS)
def test_good_slow_and_rubbish_are_distinguished(name: str, tmp_path: Path) -> None:
    """The same server again passes; 20 % slower fails; fast rubbish fails."""
    results = {}
    started: Callable[..., Any] = SERVERS[name]
    with started(tmp_path / "before") as running:
        before = probed(name, running, tmp_path)
    for fault in ("", "slow", "rubbish"):
        with started(tmp_path / (fault or "good"), JETFLEET_STANDIN_FAULT=fault) as running:
            results[fault] = verdict(before, probed(name, running, tmp_path))
    assert {fault: one.result for fault, one in results.items()} == {
        "": "pass", "slow": "fail", "rubbish": "fail",
    }, [one.reasons for one in results.values()]  # fmt: skip
    slow = results["slow"].findings[0].figures
    assert slow["ratio"] == pytest.approx(0.8, abs=0.05)
    assert "answers are rubbish" in results["rubbish"].reasons[0]


def test_another_client_of_vllm_is_seen(tmp_path: Path) -> None:
    with vllm(tmp_path / "v") as running:
        ends = threading.Event()

        def load() -> None:
            while not ends.is_set():
                body = {"model": "m", "prompt": "x", "max_tokens": 200, "ignore_eos": True}
                running.post("/v1/completions", {**body, "stream": True})

        client = threading.Thread(target=load)
        client.start()
        try:
            running.wait_for(lambda: 'num_requests_running{engine="0",model_name="m"} 1.0'
                             in running.get("/metrics").text)  # fmt: skip
            found, _ = run(running.url, tmp_path, Ask(1, 8, 20, 1), clients=CLIENTS)
        finally:
            ends.set()
            client.join()
        assert found.disturbed
        assert found.requests == ()
        quiet = probed("vllm", running, tmp_path)
        assert (len(quiet.requests), quiet.disturbed) == (5, 0)
