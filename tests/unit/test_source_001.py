"""The commands of source 001 (Cosmos Reason 2B on three Jetsons), as that document gives them."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from jetfleet.fleet.desired_state import DesiredState
from jetfleet.lock import Lock, LockedFile, LockedModel
from jetfleet.validate import problems_of
from tests.support.lab import write_spec
from tests.support.rendered import content, docker, wanted

DOCKER = {
    "thor": """docker run --rm --runtime nvidia --network host --ipc host
        -v MODEL:/models/cosmos-reason2-2b:ro
        -e NVIDIA_VISIBLE_DEVICES=all -e NVIDIA_DRIVER_CAPABILITIES=compute,utility
        nvcr.io/nvidia/vllm""",
    "orin": """docker run --rm --runtime nvidia --network host
        -v MODEL:/models/cosmos-reason2-2b:ro
        -e NVIDIA_VISIBLE_DEVICES=all -e NVIDIA_DRIVER_CAPABILITIES=compute,utility
        ghcr.io/nvidia-ai-iot/vllm""",
}
DOCKER["nano"] = DOCKER["orin"]

LARGE = """vllm serve /models/cosmos-reason2-2b --max-model-len 8192
    --media-io-kwargs '{"video": {"num_frames": -1}}' --reasoning-parser qwen3
    --gpu-memory-utilization 0.8"""
VLLM = {
    "thor": LARGE,
    "orin": LARGE,
    "nano": """vllm serve /models/cosmos-reason2-2b --host 0.0.0.0 --port 8000
        --trust-remote-code --enforce-eager --max-model-len 256 --max-num-batched-tokens 256
        --gpu-memory-utilization 0.65 --max-num-seqs 1 --enable-chunked-prefill
        --limit-mm-per-prompt '{"image":1,"video":1}'
        --mm-processor-kwargs '{"num_frames":2,"max_pixels":150528}'""",
}
EXECUTABLE = {"thor": "vllm", "orin": "/opt/venv/bin/vllm", "nano": "/opt/venv/bin/vllm"}
IMAGE_DIGEST = {"thor": "1" * 64, "orin": "2" * 64, "nano": "2" * 64}
MODEL = "/mnt/nvme/models/cosmos-reason2-2b/1208-fp8-static-kv8"

# What a service has beside the document's interactive command: a name, a label, its option file.
OURS = {"--name", "--label", "--oom-score-adj"}


@pytest.fixture(scope="module")
def cosmos(tmp_path_factory: pytest.TempPathFactory) -> DesiredState:
    """What the three boards of the document want, each with Cosmos."""
    return wanted(write_spec(tmp_path_factory.mktemp("source-001"), ["thor", "orin", "nano"]))


def pairs(words: list[str]) -> list[tuple[str, str]]:
    """Options with their values, switches with an empty one; in no order."""
    found, at = [], 0
    while at < len(words):
        valued = at + 1 < len(words) and not words[at + 1].startswith("-")
        found.append((words[at], words[at + 1] if valued else ""))
        at += 2 if valued else 1
    return sorted(found)


@pytest.mark.parametrize("host", ["thor", "orin", "nano"])
def test_docker_run_is_the_documents(cosmos: DesiredState, host: str) -> None:
    unit = content(cosmos.resources(host), "/etc/systemd/system/jetfleet-cosmos.service")
    assert "\nExecStart=/etc/jetfleet/cosmos/run\n" in unit
    words = docker(cosmos.resources(host), "cosmos")
    image = next(at for at, word in enumerate(words) if "@sha256:" in word)
    expected = shlex.split(DOCKER[host].replace("MODEL", MODEL))
    assert words[:3] == ["/usr/bin/docker", "run", "--rm"]
    config = ("-v", "/etc/jetfleet/cosmos/vllm.yaml:/etc/jetfleet/vllm.yaml:ro")
    run = pairs(words[3:image])
    ours = [p for p in run if p[0] not in {*OURS, "--entrypoint"} and p != config]
    assert ours == pairs(expected[3:-1])
    assert ("--oom-score-adj", "500") in pairs(words[3:image])
    assert words[image] == f"{expected[-1]}@sha256:{IMAGE_DIGEST[host]}"
    # The document's image starts no program of its own; another tag of it could.
    assert [value for name, value in run if name == "--entrypoint"] + words[image + 1 :] == [
        EXECUTABLE[host], "serve", "/models/cosmos-reason2-2b",
        "--config", "/etc/jetfleet/vllm.yaml",
    ]  # fmt: skip


@pytest.mark.parametrize("host", ["thor", "orin", "nano"])
def test_vllm_options_are_the_documents(cosmos: DesiredState, host: str) -> None:
    ours = YAML(typ="safe").load(content(cosmos.resources(host), "/etc/jetfleet/cosmos/vllm.yaml"))
    theirs: dict[str, Any] = {}
    for option, text in pairs(shlex.split(VLLM[host])[3:]):
        theirs[option.removeprefix("--")] = meaning(text) if text else True
    assert {name: meaning(value) for name, value in ours.items()} == theirs


def meaning(value: Any) -> Any:
    """A value as vLLM's parser takes it: JSON where it is JSON, else text."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


@pytest.mark.parametrize(("share", "level"), [(0.55, "warned"), (0.5, "warned"), (0.4, "refused")])
def test_the_remedy_for_a_lack_of_memory_is_not_refused(
    tmp_path: Path, share: float, level: str
) -> None:
    """It says about 5 GB of weights, and on a lack of memory a share of 0.55 or 0.50."""
    source = "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8"
    flags = {"max-model-len": 256, "gpu-memory-utilization": share}
    services = {"vlm": {"runtime": "vllm", "model": "m", "flags": flags}}
    host = {"module": "orin-nano-super", "jetpack": "6.2", "address": "192.0.2.13"}
    file = LockedFile(path="model.safetensors", size=5_000_000_000, sha256="0" * 64)
    lock = Lock(models={"m": LockedModel(source=source, revision="1", files=(file,))})
    path = tmp_path / "spec.yaml"
    models, hosts = {"m": {"source": source}}, {"n": {**host, "services": services}}
    spec = {"version": 1, "models": models, "hosts": hosts}
    path.write_text(json.dumps(spec), encoding="utf-8")
    told = [one for one in problems_of(path, lock)[1] if one.rule == "memory-share"]
    assert [("warned" if one.warning else "refused") for one in told] == [level]
    assert "raise its share: gpu-memory-utilization: 0." in told[0].remedy
