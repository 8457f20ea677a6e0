"""vLLM serves a GGUF model by its file, with the tokenizer that the spec names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.lock import LockedFile, LockedModel
from jetfleet.runtimes.registry import runtimes
from jetfleet.runtimes.vllm.spec import VllmService
from tests.support.rendered import content, docker
from tests.support.services import after_image, services

BODY: dict[str, Any] = {
    "runtime": "vllm",
    "model": "qwen3-gguf",
    "flags": {"gpu-memory-utilization": 0.5, "tokenizer": "/models/qwen3-8b-fp8"},
}


def test_the_file_is_served_under_the_name_of_its_folder(tmp_path: Path) -> None:
    found = services(tmp_path, f"it: {json.dumps(BODY)}\n")
    file = "/models/qwen3-gguf/Qwen3-8B-Q4_K_M.gguf"
    assert after_image(docker(found, "it"))[1:3] == ["serve", file]
    options = content(found, "/etc/jetfleet/it/vllm.yaml")
    assert "\nserved-model-name: '/models/qwen3-gguf'\n" in options
    assert "\ntokenizer: '/models/qwen3-8b-fp8'\n" in options
    ready = json.loads(content(found, "/etc/jetfleet/it/ready.json"))
    assert ready["models"] == ["/models/qwen3-gguf"]


def test_a_name_of_the_spec_is_kept(tmp_path: Path) -> None:
    found = services(tmp_path, f"it: {json.dumps({**BODY, 'served_name': 'qwen'})}\n")
    options = content(found, "/etc/jetfleet/it/vllm.yaml")
    assert "\nserved-model-name: 'qwen'\n" in options


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (["a.gguf", "mmproj-a.gguf"], 0),
        (["a.gguf", "b.gguf"], 1),
        (["a-00001-of-00002.gguf", "a-00002-of-00002.gguf"], 1),
        (["a.gguf", "b.gguf", "model.safetensors"], 0),
    ],
)
def test_one_file_is_all_that_it_reads(paths: list[str], told: int) -> None:
    files = tuple(LockedFile(path=path, size=1, sha256="0" * 64) for path in paths)
    locked = LockedModel(source="hf:a/b", revision="1", files=files)
    service = VllmService.model_validate({"name": "it", **BODY})
    said = list(runtimes()["vllm"].check_locked(service, locked))
    assert len(said) == told
    assert all("runtime: llama.cpp" in sentence for sentence in said)
