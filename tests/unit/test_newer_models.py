"""A model that is newer than its server is refused before any connection, by its architecture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.catalog.architecture import Architecture
from jetfleet.lock import Lock, LockedFile, LockedModel
from jetfleet.validate import problems_of

SPEC = """
version: 1
models:
  m: {{source: "{source}"}}
  own: {{source: "https://example.org/v{native}/ollama-linux-arm64.tgz", sha256: "{hash}"}}
hosts:
  orin: {{module: agx-orin-64gb, jetpack: "6.2", address: 192.0.2.91, services: {{it: {body}}}}}
"""
GGUF, HF = "hf:org/x-GGUF", "hf:org/x"


def rules_of(
    folder: Path, source: str, body: dict[str, Any], names: tuple[str, ...] = (), native: str = "1"
) -> set[str]:
    """The rules that are broken by a model with this source, or with these names in the lock."""
    path = folder / "spec.yaml"
    text = SPEC.format(source=source, body=json.dumps(body), hash="6" * 64, native=native)
    path.write_text(text, encoding="utf-8")
    files = (LockedFile(path="x.gguf", size=9, sha256="0" * 64),)
    built = Architecture(names=names)
    locked = LockedModel(source=source, revision="1", files=files, architecture=built)
    _, problems = problems_of(path, Lock(models={"m": locked}) if names else None)
    return {one.rule for one in problems if one.rule and not one.warning}


def ollama(version: str) -> dict[str, Any]:
    return {"runtime": "ollama", "models": ["m"], "image": f"ollama/ollama:{version}"}


@pytest.mark.parametrize(
    ("model", "last", "first", "rule"),
    [
        ("ollama:gemma3:4b", "0.5.13", "0.6.0", "ollama-gemma3"),
        ("ollama:gemma3n:e4b", "0.9.2", "0.9.3", "ollama-gemma3n"),
        ("ollama:gpt-oss:20b", "0.10.1", "0.11.0", "ollama-gpt-oss"),
        ("ollama:mistral-small3.1:24b", "0.6.4", "0.6.5", "ollama-mistral3"),
        ("ollama:qwen2.5vl:7b", "0.6.8", "0.7.0", "ollama-qwen2.5-vl"),
        ("ollama:qwen3:8b", "0.6.5", "0.6.6", "ollama-qwen3"),
        ("ollama:qwen3-vl:8b", "0.12.6", "0.12.7", "ollama-qwen3-vl"),
        ("gemma4", "0.19.0", "0.20.0", "ollama-gemma4"),
        ("qwen35moe", "0.17.0", "0.17.1", "ollama-qwen3.5"),
        ("qwen3next", "0.13.1", "0.13.2", "ollama-qwen3-next"),
        ("nemotron_h", "0.12.3", "0.12.4", "ollama-nemotron-h"),
        ("nemotron_h_moe", "0.13.3", "0.13.4", "ollama-nemotron-h-moe"),
        ("granitehybrid", "0.11.4", "0.11.5", "ollama-granite4"),
        ("gpt-oss", "0.11.4", "0.11.5", "ollama-gpt-oss-gguf"),
        ("lfm2", "0.11.4", "0.11.5", "ollama-lfm2"),
        ("lfm2moe", "0.12.5", "0.12.6", "ollama-lfm2-moe"),
        ("olmo3", "0.13.3", "0.13.4", "ollama-olmo3"),
        ("deepseekocr", "0.12.11", "0.13.0", "ollama-deepseek-ocr"),
        ("glm4moelite", "0.14.2", "0.14.3", "ollama-glm4-moe-lite"),
        ("glmocr", "0.15.4", "0.15.5", "ollama-glm-ocr"),
    ],
)
def test_ollama_by_the_name_or_the_architecture_of_the_model(
    tmp_path: Path, model: str, last: str, first: str, rule: str
) -> None:
    known = model.startswith("ollama:")
    source = model if known else "ollama:registry.example.org/team/new:1"
    names = () if known else (model,)
    assert rules_of(tmp_path, source, ollama(last), names) == {rule}
    assert rules_of(tmp_path, source, ollama(first), names) == set()


def test_ollama_by_the_architecture_in_the_lock(tmp_path: Path) -> None:
    """The name of a private model says nothing; the header of the GGUF file does."""
    source = "ollama:registry.example.org/team/sees:1"
    assert rules_of(tmp_path, source, ollama("0.6.8")) == set()
    assert rules_of(tmp_path, source, ollama("0.6.8"), ("qwen25vl",)) == {"ollama-qwen2.5-vl"}
    assert rules_of(tmp_path, source, ollama("0.21.0"), ("nemotron_h_omni",)) == {
        "ollama-nemotron-omni"
    }


def test_the_image_of_the_catalog_counts_too(tmp_path: Path) -> None:
    body = {"runtime": "ollama", "models": ["m"]}
    assert rules_of(tmp_path, "ollama:qwen2.5vl:7b", body) == {"ollama-qwen2.5-vl"}


@pytest.mark.parametrize(("native", "broken"), [("0.6.8", {"ollama-qwen2.5-vl"}), ("0.7.1", set())])
def test_an_installed_ollama_has_the_version_of_its_archives(
    tmp_path: Path, native: str, broken: set[str]
) -> None:
    body = {"runtime": "ollama", "models": ["m"], "install": "native", "archives": ["own"]}
    assert rules_of(tmp_path, "ollama:qwen2.5vl:7b", body, native=native) == broken


@pytest.mark.parametrize(
    ("names", "rule"),
    [
        (("gpt-oss",), "llama-cpp-gpt-oss"),
        (("gemma3n",), "llama-cpp-gemma3n"),
        (("qwen3vl",), "llama-cpp-qwen3-vl"),
        (("qwen3next",), "llama-cpp-qwen3-next"),
        (("qwen3",), None),
    ],
)
def test_llama_cpp_by_its_build(tmp_path: Path, names: tuple[str, ...], rule: str | None) -> None:
    for build, broken in (("b5283", {rule} - {None}), ("b9000", set())):
        image = f"dustynv/llama_cpp:{build}-r36.4-cu128-24.04"
        body = {"runtime": "llama.cpp", "model": "m", "image": image}
        assert rules_of(tmp_path, GGUF, body, names) == broken


@pytest.mark.parametrize(
    ("build", "flags", "instead"),
    [
        ("b9016", {"draft-max": 4}, "write spec-draft-n-max"),
        ("b10373", {"draft_min": 4}, "write spec-draft-n-min"),
        ("b10373", {"draft-n": 4}, "write spec-draft-n-max"),
        ("b11063", {"no-mmap": True}, "write load-mode: none"),
        ("b11381", {"mlock": True}, "write load-mode: mmap+mlock"),
        ("b5283", {"system-prompt-file": "/models/m/x.txt"}, "chat-template-file"),
        ("b5283", {"draft-max": 4}, None),
        ("b10864", {"no-mmap": True}, None),
    ],
)
def test_an_option_that_llama_cpp_has_no_more_is_refused(
    tmp_path: Path, build: str, flags: dict[str, Any], instead: str | None
) -> None:
    image = f"dustynv/llama_cpp:{build}-r36.4-cu128-24.04"
    body = {"runtime": "llama.cpp", "model": "m", "image": image, "flags": flags}
    text = SPEC.format(source=GGUF, body=json.dumps(body), hash="6" * 64, native="1")
    path = tmp_path / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    found = [one for one in problems_of(path)[1] if one.rule == "option-unknown"]
    assert [one.warning for one in found] == [False] * bool(instead)
    assert all(instead and instead in one.remedy for one in found)


def test_an_option_that_is_gone_is_warned_of_where_the_build_is_not_known(tmp_path: Path) -> None:
    body = {"runtime": "llama.cpp", "model": "m", "flags": {"draft-max": 4}}
    text = SPEC.format(source=GGUF, body=json.dumps(body), hash="6" * 64, native="1")
    path = tmp_path / "spec.yaml"
    path.write_text(text, encoding="utf-8")
    [found] = [one for one in problems_of(path)[1] if one.rule == "option-unknown"]
    assert found.warning
    assert "llama.cpp has no more since b9016" in found.found


@pytest.mark.parametrize(
    ("names", "rule"),
    [
        (("GptOssForCausalLM",), "gpt-oss-vllm"),
        (("Qwen3NextForCausalLM",), "qwen3-next-vllm"),
        (("Qwen3ForCausalLM",), None),
    ],
)
def test_vllm_by_its_version(tmp_path: Path, names: tuple[str, ...], rule: str | None) -> None:
    flags = {"gpu-memory-utilization": 0.5}
    body = {"runtime": "vllm", "model": "m", "flags": flags}
    old = {**body, "image": "dustynv/vllm:0.8.6-r36.4-cu128-24.04"}
    assert rules_of(tmp_path, HF, old, names) == {rule} - {None}
    assert rules_of(tmp_path, HF, body, names) == set()
