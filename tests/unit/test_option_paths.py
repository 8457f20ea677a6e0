"""Models and files that options of a server name: mounted, started after, and counted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.lock import Lock, LockedFile, LockedModel
from jetfleet.resources import Model, Service
from jetfleet.runtimes.base import Runtime
from jetfleet.runtimes.registry import runtimes
from jetfleet.validate import load_checked, problems_of
from jetfleet.validate.memory import memory_of
from tests.support.rendered import docker
from tests.support.services import HEAD, ORIN, body_of, given, services

GIB = 2**30
WITH_FLAGS = [one for one in runtimes().values() if "flags" in one.service.model_fields]


@pytest.mark.parametrize("runtime", WITH_FLAGS, ids=lambda one: one.name)
def test_a_model_and_a_mount_beside_its_own_reach_every_server(
    tmp_path: Path, runtime: Runtime[Any]
) -> None:
    flags = {"log-config-file": "/models/qwen3-8b-fp8/own.json", "x-file": "/data/more/x.json"}
    mounts = {"/mnt/nvme/files": "/data", "/mnt/nvme/out": "/out:rw"}
    body = body_of(runtime, flags=flags, mounts=mounts, image="ghcr.io/org/x:1")
    found = services(tmp_path, f"it: {json.dumps(body)}\n", ORIN)
    assert {
        "/mnt/nvme/models/qwen3-8b-fp8/r1:/models/qwen3-8b-fp8:ro",
        "/mnt/nvme/files:/data:ro",
        "/mnt/nvme/out:/out",
    } <= set(given(docker(found, "it"), "-v"))
    service = found["service:it"]
    assert isinstance(service, Service)
    assert "model:qwen3-8b-fp8" in service.needs
    assert isinstance(found["model:qwen3-8b-fp8"], Model)


def test_its_own_model_is_mounted_once(tmp_path: Path) -> None:
    flags = {"reasoning-parser-plugin": "/models/cosmos/parser.py"}
    body = json.dumps(body_of(runtimes()["vllm"], flags=flags, image="ghcr.io/org/x:1"))
    mounts = given(docker(services(tmp_path, f"it: {body}\n", ORIN), "it"), "-v")
    assert [mount for mount in mounts if mount.endswith(":/models/cosmos:ro")] == mounts[:1]


def locked_model(source: str, size: int, path: str) -> LockedModel:
    file = LockedFile(path=path, size=size, sha256="0" * 64)
    return LockedModel(source=source, revision="1", files=(file,))


def spec_of(folder: Path, body: dict[str, Any]) -> Path:
    head = HEAD.replace("MODULE", ORIN[0]).replace("JETPACK", ORIN[1]).replace("SHA", "6" * 64)
    path = folder / "spec.yaml"
    path.write_text(f"{head}      it: {json.dumps(body)}\n", encoding="utf-8")
    return path


COSMOS = "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8"
LOADED = {
    "vllm": {"speculative-config": {"model": "/models/qwen3-8b-fp8"}},
    "sglang": {"speculative-draft-model-path": "/models/qwen3-8b-fp8"},
    "llama.cpp": {"model-draft": "/models/qwen3-8b-fp8/draft.gguf"},
}


@pytest.mark.parametrize("name", LOADED)
def test_a_draft_model_counts_as_weights(tmp_path: Path, name: str) -> None:
    own = body_of(runtimes()[name])["model"]
    body = body_of(runtimes()[name], flags=LOADED[name], image="ghcr.io/org/x:1")
    spec, _ = load_checked(spec_of(tmp_path, body))
    sizes = {own: 2 * GIB, "qwen3-8b-fp8": 3 * GIB}
    lock = Lock(
        models={
            one: locked_model(str(spec.models[one].source), size, "draft.gguf").model_copy(
                update={"include": spec.models[one].include}
            )
            for one, size in sizes.items()
        }
    )
    (need,) = memory_of(spec, lock, "board").needs
    assert need.weights == 5 * GIB
    assert need.least >= 5 * GIB


def test_a_file_that_the_locked_model_lacks_is_named(tmp_path: Path) -> None:
    flags = {"chat-template": "/models/cosmos/template.jinja", "gpu-memory-utilization": 0.5}
    path = spec_of(tmp_path, body_of(runtimes()["vllm"], flags=flags))
    lock = Lock(models={"cosmos": locked_model(COSMOS, 9, "chat/template.jinja")})
    told = [one for one in problems_of(path, lock)[1] if one.rule == "option-path"]
    assert [one.expected for one in told] == ["a file of the model cosmos"]
    assert "chat/template.jinja" in told[0].remedy
    text = path.read_text("utf-8").replace("cosmos/template", "cosmos/chat/template")
    path.write_text(text, encoding="utf-8")
    assert not [one for one in problems_of(path, lock)[1] if one.rule == "option-path"]
