"""What a Triton is asked before it counts as ready: text of vLLM, one inference of the others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.board.canned_server import Answer, Canned
from tests.board.ready_runs import answers, ready, sse

HEAD = "Inference-Header-Content-Length"
INFER = "/v2/models/net/infer"
FIXED = {"name": "x", "data_type": "TYPE_FP16", "dims": ["3", 2]}
OUTPUTS = Answer({"outputs": [{"name": "y", "datatype": "FP32", "shape": [1, 2]}]})
REFUSED = Answer({"error": "CUDA error"}, status=500)


def triton(config: dict[str, Any], infer: Answer = OUTPUTS) -> dict[str, Answer | list[Answer]]:
    return {
        "/v2/health/ready": Answer(""),
        "/v2/models/net/ready": Answer(""),
        "/v2/models/net/config": Answer({"name": "net", "backend": "onnxruntime", **config}),
        INFER: infer,
    }


def inferred(folder: Path, server: Canned, config: dict[str, Any]) -> dict[str, Any]:
    """The JSON part of the request, with the bytes after it under `bytes`."""
    server.answers = triton(config)
    [answer] = answers(ready(folder, server, kind="triton", models=["net"]))
    assert answer["outputs"] == ["y FP32[1, 2]"], answer
    [head] = [head for path, head in server.asked if path == INFER]
    length = int(next(value for name, value in head.items() if name.lower() == HEAD.lower()))
    body = server.bodies[INFER]
    return {**json.loads(body[:length]), "bytes": body[length:]}


def test_those_of_vllm_generate(tmp_path: Path, server: Canned) -> None:
    stream = "/v2/models/llm/generate_stream"
    server.answers = {
        "/v2/health/ready": Answer(""),
        "/v2/models/llm/ready": [Answer("", status=400)],
        "/v2/models/llm/config": Answer({"name": "llm", "backend": "vllm"}),
        stream: sse({"text_output": "A "}, {"text_output": "lane"}),
    }
    done = ready(tmp_path, server, kind="triton", models=["llm"])
    assert "does not answer: HTTP Error 400" in done.stderr
    [answer] = answers(ready(tmp_path, server, kind="triton", models=["llm"]))
    assert (answer["model"], answer["text"], answer["tokens"]) == ("llm", "A lane", 2)


@pytest.mark.parametrize(
    ("config", "shape", "length"),
    [
        ({"input": [FIXED]}, [3, 2], 12),
        ({"input": [FIXED], "max_batch_size": 8}, [1, 3, 2], 12),
        ({"input": [{**FIXED, "dims": [-1, 4]}]}, [1, 4], 8),
        ({"input": [{**FIXED, "data_type": "TYPE_BF16", "dims": []}]}, [], 2),
        ({"input": [{**FIXED, "data_type": "TYPE_INT64"}]}, [3, 2], 48),
        ({"input": [{**FIXED, "data_type": "TYPE_BOOL"}]}, [3, 2], 6),
        ({"input": [{**FIXED, "data_type": "TYPE_STRING", "dims": [2]}]}, [2], 8),
        ({"input": [FIXED, {**FIXED, "name": "mask", "optional": True}]}, [3, 2], 12),
    ],
)
def test_zeros_have_the_shape_of_the_input(
    tmp_path: Path, server: Canned, config: dict[str, Any], shape: list[int], length: int
) -> None:
    asked = inferred(tmp_path, server, config)
    [one] = asked["inputs"]
    assert (one["name"], one["shape"]) == ("x", shape)
    assert one["parameters"] == {"binary_data_size": length}
    assert asked["bytes"] == bytes(length)
    assert asked["parameters"] == {"binary_data_output": True}


def test_a_model_of_sequences_gets_a_whole_one(tmp_path: Path, server: Canned) -> None:
    asked = inferred(tmp_path, server, {"input": [FIXED], "sequence_batching": {}})
    assert asked["parameters"]["sequence_start"] is asked["parameters"]["sequence_end"] is True


@pytest.mark.parametrize("mode", ["--now", "--"])
def test_a_model_that_fails_on_its_own_shape_is_not_ready(
    tmp_path: Path, server: Canned, mode: str
) -> None:
    server.answers = triton({"input": [FIXED]}, REFUSED)
    done = ready(tmp_path, server, mode, kind="triton", models=["net"])
    assert done.returncode == 1
    assert f"{INFER} answered 500" in done.stderr


@pytest.mark.parametrize("change", [{"dims": [-1]}, {"data_type": "TYPE_STRING"}])
def test_a_model_may_refuse_a_guess(tmp_path: Path, server: Canned, change: dict[str, Any]) -> None:
    server.answers = triton({"input": [{**FIXED, **change}]}, REFUSED)
    [answer] = answers(ready(tmp_path, server, kind="triton", models=["net"]))
    [doubt] = answer["doubts"]
    assert doubt.startswith("it refuses zeros (")


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"input": []}, "its configuration names no input"),
        ({"input": [{**FIXED, "dims": [1 << 20, 1 << 20]}]}, "its inputs are larger than 64 MiB"),
        (
            {"input": [FIXED], "model_transaction_policy": {"decoupled": True}},
            "it is decoupled, and `infer` serves no such model",
        ),
    ],
)
def test_a_model_that_cannot_be_asked_is_a_doubt(
    tmp_path: Path, server: Canned, config: dict[str, Any], reason: str
) -> None:
    server.answers = triton(config)
    [answer] = answers(ready(tmp_path, server, kind="triton", models=["net"]))
    assert answer["doubts"] == [f"it was not asked: {reason}"]
    assert INFER not in [path for path, _ in server.asked]


@pytest.mark.parametrize(
    "config",
    [
        {"input": 7},
        {"input": [7]},
        {"input": [{"name": "x"}]},
        {"input": [{**FIXED, "data_type": "TYPE_NONE"}]},
        {"input": [{**FIXED, "dims": ["a"]}]},
        {"input": [{**FIXED, "dims": [10**30, 10**30]}], "max_batch_size": "x"},
    ],
)
def test_a_configuration_in_another_form_is_one_sentence(
    tmp_path: Path, server: Canned, config: dict[str, Any]
) -> None:
    server.answers = triton(config)
    done = ready(tmp_path, server, kind="triton", models=["net"])
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1, done.stderr
