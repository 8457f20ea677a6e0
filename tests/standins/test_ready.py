"""The program that waits for readiness, against the stand-ins: what they are asked they answer."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.board.ready_runs import answers, ready
from tests.standins import ollama_runs as ollamas
from tests.standins import triton_runs as tritons
from tests.support.standin_programs import (
    NANO,
    ORIN,
    THOR,
    Program,
    Running,
    free_port,
    model,
)

VLLM, SGLANG = "nvcr.io/nvidia/vllm:26.01-py3", "nvcr.io/nvidia/sglang:26.01-py3"
COSMOS, TEXT = "nim/nvidia/cosmos-reason2-2b", "Qwen/Qwen3-8B"
HEAD = "Inference-Header-Content-Length"
NAMES = [ollamas.SMALL, "smollm2:135m-instruct-q2_K"]


@pytest.mark.parametrize("gpu", ["required", "partly"])
def test_each_model_of_an_ollama_counts_on_the_gpu(tmp_path: Path, gpu: str) -> None:
    ollamas.sideload(tmp_path / "store", *NAMES)
    program = Program.of(tmp_path / "nano", ollamas.BUILT, NANO)
    with ollamas.serving(program, tmp_path / "store", OLLAMA_KEEP_ALIVE="0") as running:
        found = answers(ready(tmp_path, running, kind="ollama", models=NAMES, gpu=gpu))
    assert [answer["model"] for answer in found] == NAMES
    for answer in found:
        assert answer["text"] == "1, 2, 3, 4, 5, 6, 7, 8, 9, 10"
        assert (answer["doubts"], answer["gpu_share"]) == ([], 1.0)
        assert answer["memory_bytes"] > 0
        assert answer["load_seconds"] >= 0


@pytest.mark.parametrize(
    ("gpu", "sentence"),
    [("required", "is only 0 % on the GPU"), ("partly", "is not on the GPU"), ("off", "")],
)
def test_an_ollama_on_the_cpu_is_ready_if_the_spec_says_so(
    tmp_path: Path, gpu: str, sentence: str
) -> None:
    # Without the variable the official image finds no library for an Orin, and takes the CPU.
    ollamas.sideload(tmp_path / "store", ollamas.SMALL)
    program = Program.of(tmp_path / "nano", ollamas.OFFICIAL, NANO)
    with ollamas.serving(program, tmp_path / "store", JETSON_JETPACK="") as running:
        done = ready(tmp_path, running, kind="ollama", models=[ollamas.SMALL], gpu=gpu)
    assert (done.returncode == 0) is not bool(sentence), done.stderr
    assert sentence in done.stderr


TWO = """
backend: "onnxruntime"
max_batch_size: 4
input [{ name: "x" data_type: TYPE_FP16 dims: [ 3, 2 ] }, { name: "s" data_type: TYPE_STRING dims: [ 2 ] }]
output [{ name: "y" data_type: TYPE_FP32 dims: [ 2 ] }, { name: "t" data_type: TYPE_STRING dims: [ 1 ] }]
"""  # noqa: E501 - a configuration
CONFIGS = {
    "open": tritons.ONNX,
    "two": TWO,
    "completed": 'backend: "onnxruntime"',
}
OUTPUTS = {
    "open": ["y FP32[2]"],
    "two": ["y FP32[1, 2]", "t BYTES[1, 1]"],
    "completed": ["output FP32[4]"],
}


def serving_triton(folder: Path, config: str, **env: str) -> Any:
    """A Triton with one ONNX model of a configuration."""
    text = config.replace("resnet", "net")
    tritons.write(folder / "repository", "net", text, "model.onnx")
    program = tritons.triton(folder, tritons.IGPU, ORIN)
    words, url, _ = tritons.ports()
    explicit = ("--model-repository", str(folder / "repository"), "--model-control-mode=explicit")
    return program.serving(*explicit, "--load-model=net", *words, url=url, **env)


@pytest.mark.parametrize("name", CONFIGS)
def test_a_model_of_triton_infers_zeros(tmp_path: Path, name: str) -> None:
    with serving_triton(tmp_path, CONFIGS[name]) as running:
        [answer] = answers(ready(tmp_path, running, kind="triton", models=["net"]))
    assert (answer["outputs"], answer["doubts"]) == (OUTPUTS[name], [])


def test_a_model_of_triton_that_fails_is_not_ready(tmp_path: Path) -> None:
    fault = {"JETFLEET_STANDIN_FAULT": "generation-fails"}
    with serving_triton(tmp_path, CONFIGS["completed"], **fault) as running:
        done = ready(tmp_path, running, kind="triton", models=["net"])
    assert done.returncode == 1
    assert "/v2/models/net/infer answered 500" in done.stderr


X = {"name": "x", "datatype": "FP32", "shape": [1, 3], "data": [0, 0, 0]}


@pytest.mark.parametrize(
    ("inputs", "status", "sentence"),
    [
        (None, 500, "inputs"),
        ([], 400, "expected 1 inputs but got 0 inputs for model 'net'"),
        ([{**X, "name": "z"}], 400, "unexpected inference input 'z' for model 'net'"),
        ([{**X, "shape": [1, 4]}], 400, "Expected [-1,3], got [1,4]"),
        ([{**X, "datatype": "INT8"}], 400, "data-type is 'INT8', but model 'net' expects 'FP32'"),
        ([{**X, "parameters": {"binary_data_size": 12}}], 400, "additional bytes"),
        ([X], 200, ""),
    ],
)  # fmt: skip
def test_a_request_with_other_inputs_is_refused(
    tmp_path: Path, inputs: list[Any] | None, status: int, sentence: str
) -> None:
    with serving_triton(tmp_path, tritons.ONNX) as running:
        asked = {} if inputs is None else {"inputs": inputs}
        answer = running.post("/v2/models/net/infer", asked)
    assert (answer.status_code, sentence in answer.text) == (status, True), answer.text


def test_tensors_are_taken_and_given_as_bytes(tmp_path: Path) -> None:
    head = (
        b'{"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 3], "parameters": '
        b'{"binary_data_size": 12}}], "parameters": {"binary_data_output": true}}'
    )
    with serving_triton(tmp_path, tritons.ONNX) as running:
        assert isinstance(running, Running)
        answer = requests.post(
            f"{running.url}/v2/models/net/infer",
            data=head + struct.pack("<3f", 1, 2, 3),
            headers={HEAD: str(len(head))},
            timeout=10,
        )
    length = int(answer.headers[HEAD])
    assert answer.content[:length].endswith(b"}")
    assert answer.content[length:] == bytes(8)


def serving_vllm(folder: Path, name: str, *more: str) -> Any:
    """A vLLM with a model of the hubs, known as m."""
    program, port = Program.of(folder / "vllm", VLLM, THOR), free_port()
    words = ("serve", str(model(folder / "m", name)), "--port", str(port), "--max-model-len", "512")
    url = f"http://127.0.0.1:{port}"
    return program.serving(*words, "--served-model-name", "m", *more, url=url)


def test_a_vllm_that_takes_no_picture_is_shown_none(tmp_path: Path) -> None:
    with serving_vllm(tmp_path, COSMOS, "--limit-mm-per-prompt", '{"image": 0}') as running:
        [answer] = answers(ready(tmp_path, running, kind="openai", models=["m"], vision=False))
        shown = ready(tmp_path, running, kind="openai", models=["m"], vision=True)
    assert (answer["text"], answer["doubts"]) == ("1, 2, 3, 4, 5, 6, 7, 8, 9, 10", [])
    assert "At most 0 image(s) may be provided in one prompt." in shown.stderr


def test_a_vllm_that_pools_is_asked_for_a_vector(tmp_path: Path) -> None:
    with serving_vllm(tmp_path, TEXT, "--runner", "pooling") as running:
        about = {"kind": "openai", "models": ["m"]}
        [answer] = answers(ready(tmp_path, running, asks="embeddings", **about))
        [unwritten] = answers(ready(tmp_path, running, **about))
    assert answer["outputs"] == unwritten["outputs"] == ["a vector of 32 numbers"]


def test_an_sglang_that_embeds_is_asked_for_a_vector(tmp_path: Path) -> None:
    program, port = Program.of(tmp_path / "sglang", SGLANG, THOR), free_port()
    path = str(model(tmp_path / "m", TEXT))
    words = ("--model-path", path, "--served-model-name", "m", "--port", str(port))
    more = ("--mem-fraction-static", "0.5", "--context-length", "4096", "--is-embedding")
    about = {"kind": "openai", "health": "/health", "models": ["m"], "asks": "embeddings"}
    with program.serving(*words, *more, url=f"http://127.0.0.1:{port}") as running:
        [answer] = answers(ready(tmp_path, running, "--", **about))
    assert answer["outputs"] == ["a vector of 32 numbers"]


def test_a_llama_that_embeds_is_asked_for_a_vector(tmp_path: Path) -> None:
    image = "ghcr.io/nvidia-ai-iot/llama_cpp:latest-jetson-orin"
    program, port = Program.of(tmp_path / "llama", image, ORIN), free_port()
    file = model(tmp_path / "gguf", "Qwen/Qwen3-8B-GGUF") / "Qwen3-8B-Q4_K_M.gguf"
    words = ("-m", str(file), "--port", str(port), "-c", "512", "--alias", "m", "--embeddings")
    about = {"kind": "openai", "models": ["m"], "asks": "embeddings"}
    with program.serving(*words, url=f"http://127.0.0.1:{port}") as running:
        [answer] = answers(ready(tmp_path, running, "--", **about))
    assert answer["outputs"] == ["a vector of 32 numbers"]
