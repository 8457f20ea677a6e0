"""A picture is shown only to a server that takes one, as its model and its options say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.catalog.architecture import Architecture
from jetfleet.lock import Lock, LockedFile
from jetfleet.spec.load import load
from tests.support.rendered import invented, wanted
from tests.support.services import HEAD, ready, services

VL, TEXT = "Qwen3VLForConditionalGeneration", "Qwen3ForCausalLM"
SPEC = HEAD.replace("MODULE", "agx-thor").replace("JETPACK", "7.0").replace("SHA", "6" * 64)
LIMIT = "limit-mm-per-prompt"


def shown(
    folder: Path, flags: dict[str, Any], files: tuple[str, ...], name: str = VL, kind: str = "vllm"
) -> bool:
    """Whether a service of these options is shown a picture; its model has these files too."""
    path = folder / "spec.yaml"
    # An image that the catalog does not know may have any version, and so any option.
    image = "registry.example.org/team/server:1"
    body = {"runtime": kind, "image": image, "model": "qwen3-8b-fp8", "flags": flags}
    path.write_text(f"{SPEC}      it: {json.dumps(body)}\n")
    lock = invented(load(path).models)
    model = lock.models["qwen3-8b-fp8"]
    more = tuple(LockedFile(path=file, size=1, sha256="7" * 64) for file in files)
    made_for = Architecture(names=(name,)) if name else None
    model = model.model_copy(update={"files": model.files + more, "architecture": made_for})
    locked = Lock(models={**lock.models, "qwen3-8b-fp8": model})
    vision = ready(wanted(path, locked).resources("board"), "it")["vision"]
    assert isinstance(vision, bool)
    return vision


OLD, NEW = ("preprocessor_config.json",), ("processor_config.json",)


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, True),
        ({LIMIT: {"image": 0, "video": 0}}, False),
        ({LIMIT: {"image": "0"}}, False),
        ({LIMIT: {"image": {"count": 0}}}, False),
        ({LIMIT: {"image": {"count": 2, "width": 512}}}, True),
        ({LIMIT: '{"image": 0}'}, False),
        ({LIMIT: {"image": 2}}, True),
        ({LIMIT: {"video": 0}}, True),
        ({f"{LIMIT}.image": 0}, False),
        ({f"{LIMIT}.image": 1}, True),
        ({"limit_mm_per_prompt": {"image": 0}}, False),
        ({"language-model-only": True}, False),
        ({"language-model-only": False}, True),
    ],
)
def test_the_numbers_of_the_options_are_read(
    tmp_path: Path, flags: dict[str, Any], *, expected: bool
) -> None:
    assert shown(tmp_path, flags, OLD) is expected


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, True),
        ({"limit-mm-data-per-request": {"image": 0, "video": 1}}, False),
        ({"limit-mm-data-per-request": {"image": 1}}, True),
        ({"language-only": True}, False),
    ],
)
def test_the_options_of_sglang_are_read(
    tmp_path: Path, flags: dict[str, Any], *, expected: bool
) -> None:
    assert shown(tmp_path, flags, OLD, kind="sglang") is expected


@pytest.mark.parametrize(
    ("files", "name", "flags", "expected"),
    [
        (NEW, VL, {}, True),
        ((), TEXT, {}, False),
        ((), TEXT, {LIMIT: {"image": 1}}, False),  # vLLM: "is not a multimodal model"
        ((), TEXT, {"media-io-kwargs": {"video": {"num_frames": -1}}}, False),
        ((), "", {LIMIT: {"image": 1}}, True),
        ((), "", {LIMIT: {"image": 0}}, False),
        (OLD, "WhisperForConditionalGeneration", {}, False),
        (OLD, "Qwen2AudioForConditionalGeneration", {}, False),
        (OLD, "Phi3VForCausalLM", {}, True),
    ],
)
def test_the_model_must_take_pictures(
    tmp_path: Path, files: tuple[str, ...], name: str, flags: dict[str, Any], *, expected: bool
) -> None:
    assert shown(tmp_path, flags, files, name) is expected


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, True),  # a projector is beside its weights
        ({"no-mmproj": True}, False),
        ({"mmproj": "/models/qwen3-gguf/Qwen3-8B-Q4_K_M.gguf", "no-mmproj": True}, False),
        ({"mmproj": "/models/qwen3-gguf/Qwen3-8B-Q4_K_M.gguf"}, True),
    ],
)
def test_the_projector_of_llama_cpp_is_used_or_not(
    tmp_path: Path, flags: dict[str, Any], *, expected: bool
) -> None:
    body = {"runtime": "llama.cpp", "model": "seeing", "flags": flags}
    vision = ready(services(tmp_path, f"it: {json.dumps(body)}\n"), "it")["vision"]
    assert vision is expected
