"""The example spec is right, is that of its source, and is checked without a connection."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import jetfleet
from jetfleet.catalog.images import default_image
from jetfleet.catalog.modules import module
from jetfleet.validate import load_checked
from tests.support.lab import write_spec

if TYPE_CHECKING:
    from jetfleet.spec.load import Spec

LAB = Path(__file__).parents[2] / "inventory" / "lab.yaml"
PACKAGE = Path(jetfleet.__file__).parent

AMPLE = {
    "max-model-len": 8192,
    "media-io-kwargs": {"video": {"num_frames": -1}},
    "reasoning-parser": "qwen3",
    "gpu-memory-utilization": 0.8,
}
SCARCE = {
    "trust-remote-code": True,
    "enforce-eager": True,
    "max-model-len": 256,
    "max-num-batched-tokens": 256,
    "gpu-memory-utilization": 0.65,
    "max-num-seqs": 1,
    "enable-chunked-prefill": True,
    "limit-mm-per-prompt": {"image": 1, "video": 1},
    "mm-processor-kwargs": {"num_frames": 2, "max_pixels": 150528},
}


@pytest.fixture(scope="module")
def lab() -> Spec:
    spec, warnings = load_checked(LAB)
    assert warnings == []
    return spec


@pytest.fixture(scope="module")
def cosmos(tmp_path_factory: pytest.TempPathFactory) -> Spec:
    """The example's boards as tests of the engine have them, each with Cosmos alone."""
    folder = tmp_path_factory.mktemp("cosmos")
    spec, warnings = load_checked(write_spec(folder, ["thor", "orin", "nano"]))
    assert warnings == []
    return spec


@pytest.mark.parametrize(
    ("name", "flags", "written", "ipc"),
    [
        ("thor", AMPLE, set(), "host"),
        ("orin", AMPLE, set(), None),
        ("nano", SCARCE, {"host", "port"}, None),
    ],
)
def test_cosmos_is_that_of_the_source(
    cosmos: Spec, name: str, flags: dict[str, object], written: set[str], ipc: str | None
) -> None:
    (service,) = cosmos.host(name).services
    assert service.flags == flags
    assert service.model_fields_set & {"host", "port"} == written
    assert service.ipc == ipc
    assert service.model == "cosmos-reason2-2b"


@pytest.mark.parametrize("name", ["orin", "nano"])
def test_the_example_has_the_same_cosmos(lab: Spec, cosmos: Spec, name: str) -> None:
    assert lab.host(name).services[0] == cosmos.host(name).services[0]


@pytest.mark.parametrize(
    ("name", "runtimes", "module", "l4t"),
    [
        ("thor", ["vllm"], "agx-thor", "38.2.0"),
        ("orin", ["vllm", "live-vlm-webui"], "agx-orin-64gb", "36.4.3"),
        ("orin-triton", ["triton"], "agx-orin-64gb", "36.4.3"),
        ("nano", ["vllm"], "orin-nano-super", "36.4.3"),
        ("nano-ollama", ["ollama"], "orin-nano-devkit", "36.2.0"),
    ],
)
def test_five_boards_cover_the_sources(
    lab: Spec, name: str, runtimes: list[str], module: str, l4t: str
) -> None:
    host = lab.host(name)
    assert [service.runtime for service in host.services] == runtimes
    assert (host.module, host.l4t) == (module, l4t)


@pytest.mark.parametrize(
    ("name", "image", "l4t", "mode"),
    [
        ("thor", "nvcr.io/nvidia/vllm:26.01-py3", "38.2.0", "MAXN"),
        ("orin", "ghcr.io/nvidia-ai-iot/vllm:r36.4-tegra-aarch64-cu126-22.04", "36.4.3", "MAXN"),
        (
            "nano",
            "ghcr.io/nvidia-ai-iot/vllm:r36.4-tegra-aarch64-cu126-22.04",
            "36.4.3",
            "MAXN_SUPER",
        ),
    ],
)
def test_boards_are_those_of_the_source(
    lab: Spec, name: str, image: str, l4t: str, mode: str
) -> None:
    host = lab.host(name)
    assert host.l4t == l4t
    assert default_image("vllm", module(host.module).soc, l4t).ref.full == image
    assert host.power is not None
    assert (host.power.mode, host.power.clocks) == (mode, "locked")


@pytest.mark.parametrize(
    "path",
    [path for part in ("spec", "catalog", "validate") for path in (PACKAGE / part).glob("*.py")],
    ids=lambda path: f"{path.parent.name}/{path.name}",
)
def test_nothing_of_the_world_outside_is_imported(path: Path) -> None:
    forbidden = {"pyinfra", "paramiko", "gevent", "requests", "socket", "urllib", "http", "ssl"}
    forbidden |= {"os", "subprocess", "time", "datetime", "random", "secrets", "tempfile"}
    found = set()
    for part in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(part, ast.Import):
            found |= {name.name.partition(".")[0] for name in part.names}
        elif isinstance(part, ast.ImportFrom):
            found.add((part.module or "").partition(".")[0])
    assert not found & forbidden
