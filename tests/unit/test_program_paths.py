"""Paths in the command and the variables of a container: in a mount, in a model, or named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jetfleet.lock import Lock, LockedFile, LockedModel
from jetfleet.validate import problems_of

SPEC = """
version: 1
models:
  m: {{source: "hf:org/x"}}
  other: {{source: "hf:org/y"}}
hosts:
  orin: {{module: agx-orin-64gb, jetpack: "6.2", address: 192.0.2.91, services: {{it: {body}}}}}
"""
BASE = {"runtime": "container", "image": "ghcr.io/org/x:1", "probe": {"path": "/up", "port": 8000}}


def found(folder: Path, body: dict[str, Any], lock: Lock | None = None) -> list[tuple[str, bool]]:
    """The paths that are named for a service with these keys, and whether each is a warning."""
    path = folder / "spec.yaml"
    path.write_text(SPEC.format(body=json.dumps({**BASE, **body})), encoding="utf-8")
    problems = [one for one in problems_of(path, lock)[1] if one.rule == "option-path"]
    return [(one.found, one.warning) for one in problems]


@pytest.mark.parametrize(
    ("body", "paths"),
    [
        ({"command": ["serve", "--model", "/data/models/x"]}, ["/data/models/x"]),
        ({"command": ["serve", "--model=/data/x.gguf"]}, ["/data/x.gguf"]),
        ({"command": ["bash", "-c", "python3 /app/x.py --dir /mnt/nvme/x"]}, ["/mnt/nvme/x"]),
        ({"command": ["/data/run.sh"]}, ["/data/run.sh"]),
        ({"entrypoint": "/srv/run.sh"}, ["/srv/run.sh"]),
        ({"env": {"HF_HOME": "/data/cache"}}, ["/data/cache"]),
        ({"env": {"PYTHONPATH": "/usr/lib/python3:/home/nvidia/lib"}}, ["/home/nvidia/lib"]),
        ({"command": ["x", "/data/a", "/data/a"], "mounts": {"/mnt/nvme/b": "/data/b"}},
         ["/data/a", "/data/a"]),
        ({"command": ["serve", "/models/none"]}, ["/models/none"]),
        ({"models": ["m"], "command": ["serve", "/models/none/x"]}, ["/models/none/x"]),
    ],
)  # fmt: skip
def test_a_path_that_is_in_no_mount_is_warned_of(
    tmp_path: Path, body: dict[str, Any], paths: list[str]
) -> None:
    assert found(tmp_path, body) == [(path, True) for path in paths]


@pytest.mark.parametrize(
    "body",
    [
        {"models": ["m"], "command": ["vllm", "serve", "/models/m", "--port", "8000"]},
        {"models": ["m"], "env": {"MODELS_DIR": "/models"}},
        {"mounts": {"/mnt/nvme/x": "/data:rw"}, "command": ["x", "--out=/data/y/z", "/data/"]},
        {"mounts": {"/mnt/nvme/x": "/data/x"}, "env": {"DATA": "/data"}},
        {"command": ["python3", "/app/server.py", "/opt/nvidia/x", "/usr/bin/y", "/dev/video0"]},
        {"command": ["uvicorn", "app:app", "--root-path", "/api/v1", "--health-path=/up/now"]},
        {"env": {"API_PREFIX": "/v1", "URL": "http://192.0.2.1/data/x", "WORDS": "a/b and/or"}},
        {"command": ["/data/run.sh"], "waive": {"option-path": "the image has it"}},
        {"env": {"TOKEN_FILE": {"file": "/data/canary"}}},
    ],
)
def test_paths_that_are_there_are_not_named(tmp_path: Path, body: dict[str, Any]) -> None:
    assert found(tmp_path, body) == []


def test_a_model_that_the_service_does_not_mount_is_refused(tmp_path: Path) -> None:
    body = {"models": ["m"], "command": ["serve", "/models/m", "--draft", "/models/other"]}
    assert found(tmp_path, body) == [("/models/other", False)]


def test_a_file_that_the_locked_model_lacks_is_refused(tmp_path: Path) -> None:
    file = LockedFile(path="x.gguf", size=9, sha256="0" * 64)
    lock = Lock(models={"m": LockedModel(source="hf:org/x", revision="1", files=(file,))})
    body = {"models": ["m"], "command": ["serve", "/models/m/x.gguf", "/models/m/y.gguf"]}
    assert found(tmp_path, body, lock) == [("/models/m/y.gguf", False)]


def test_variables_of_a_model_server_are_looked_at_too(tmp_path: Path) -> None:
    env = {"LLAMA_ARG_GRAMMAR": "/data/x.gbnf"}
    body = {"runtime": "llama.cpp", "model": "m", "env": env}
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC.format(body=json.dumps(body)), encoding="utf-8")
    [one] = [one for one in problems_of(path)[1] if one.rule == "option-path"]
    assert (one.found, one.warning) == ("/data/x.gbnf", True)
