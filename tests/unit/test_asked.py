"""A server is asked for what it does: text, a vector, or nothing but its models."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.services import ready, services

IMAGE = "registry.example.org/team/server:1"  # not in the catalog: it may have any option


@pytest.mark.parametrize(
    ("runtime", "model", "flags", "asks"),
    [
        ("vllm", "cosmos", {}, None),
        ("vllm", "cosmos", {"task": "embed"}, "embeddings"),
        ("vllm", "cosmos", {"task": "embedding"}, "embeddings"),
        ("vllm", "cosmos", {"runner": "pooling"}, "embeddings"),
        ("vllm", "cosmos", {"convert": "embed"}, "embeddings"),
        ("vllm", "cosmos", {"runner": "pooling", "convert": "classify"}, "nothing"),
        ("vllm", "cosmos", {"task": "score"}, "nothing"),
        ("vllm", "cosmos", {"task": "generate"}, None),
        ("vllm", "cosmos", {"runner": "generate"}, None),
        ("sglang", "cosmos", {"is-embedding": True}, "embeddings"),
        ("sglang", "cosmos", {"is-embedding": False}, None),
        ("llama.cpp", "qwen3-gguf", {"embeddings": True}, "embeddings"),
        ("llama.cpp", "qwen3-gguf", {"embedding": True}, "embeddings"),
        ("llama.cpp", "qwen3-gguf", {"reranking": True}, "nothing"),
        ("llama.cpp", "qwen3-gguf", {"embedding": True, "rerank": True}, "nothing"),
        ("llama.cpp", "qwen3-gguf", {}, None),
    ],
)
def test_the_options_say_what_it_does(
    tmp_path: Path, runtime: str, model: str, flags: dict[str, Any], asks: str | None
) -> None:
    body = {"runtime": runtime, "image": IMAGE, "model": model, "flags": flags}
    about = ready(services(tmp_path, f"it: {json.dumps(body)}\n"), "it")
    assert about.get("asks") == asks
