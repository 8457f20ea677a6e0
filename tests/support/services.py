"""Services of a board in the words of a spec, and what it wants for them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from jetfleet.resources import Resource
from jetfleet.runtimes.base import Runtime
from tests.support.rendered import content, of

HEAD = """\
version: 1
models:
  cosmos: {source: "ngc:nim/nvidia/cosmos-reason2-2b:1208-fp8-static-kv8"}
  qwen3-8b-fp8: {source: "modelscope:Qwen/Qwen3-8B-FP8"}
  qwen3-gguf: {source: "modelscope:Qwen/Qwen3-8B-GGUF", include: ["Qwen3-8B-Q4_K_M.gguf"]}
  qwen3-1.7b: {source: "ollama:qwen3:1.7b"}
  own: {source: "ollama:registry.example.org/team/tiny"}
  resnet: {source: "file:resnet"}
  bundle: {source: "https://example.org/v0.6.8/ollama-linux-arm64.tgz", sha256: "SHA"}
  jetpack6: {source: "https://example.org/v0.6.8/ollama-linux-arm64-jetpack6.tgz", sha256: "SHA"}
  packed: {source: "https://example.org/v0.14.0/ollama-linux-arm64.tar.zst", sha256: "SHA"}
  seeing:
    source: "hf:Qwen/Qwen3-VL-GGUF"
    include: ["Qwen3-VL-Q4_K_M.gguf", "mmproj-model-f16.gguf"]
hosts:
  board:
    module: MODULE
    jetpack: "JETPACK"
    address: 192.0.2.12
    models: {dir: /mnt/nvme/models}
    services:
"""
ORIN, NANO_60, THOR = ("agx-orin-64gb", "6.2"), ("orin-nano-devkit", "6.0"), ("agx-thor", "7.0")

DesiredState = dict[str, Resource[Any]]


def services(folder: Path, text: str, board: tuple[str, str] = ORIN) -> DesiredState:
    """What a board wants for the services in a text."""
    head = HEAD.replace("MODULE", board[0]).replace("JETPACK", board[1]).replace("SHA", "6" * 64)
    indented = "".join(f"      {line}\n" for line in text.splitlines())
    return of(folder, head + indented, "board")


def after_image(words: list[str]) -> list[str]:
    """What stands behind the image: tests' locks have no digests, so images go by their tags."""
    image = re.compile(r"[a-z.]+/[^=]+:[^/=]+")
    at = next(i for i, word in enumerate(words) if image.fullmatch(word) and words[i - 1] != "-v")
    return words[at:]


def started(words: list[str]) -> list[str]:
    """The image, and the command that it runs: with what replaces its entrypoint in front."""
    image, *rest = after_image(words)
    return [image, *given(words, "--entrypoint"), *rest]


def given(words: list[str], option: str) -> list[str]:
    """The values of an option."""
    return [words[at + 1] for at, word in enumerate(words[:-1]) if word == option]


def ready(wanted: DesiredState, service: str) -> Any:
    """What "ready" means for a service."""
    return json.loads(content(wanted, f"/etc/jetfleet/{service}/ready.json"))


def model_of(runtime: Runtime[Any]) -> str:
    """A model of the specs here that the runtime can read."""
    sources = runtime.sources or frozenset()
    if "ollama" in sources:
        return "qwen3-1.7b"
    return "qwen3-gguf" if "https" in sources else "cosmos"


def body_of(runtime: Runtime[Any], **more: Any) -> dict[str, Any]:
    """The shortest body of a service of a runtime."""
    model = model_of(runtime)
    known = {
        "model": model,
        "models": [model],
        "repository": {"m": {"model": model, "backend": "python"}},
        "image": "docker.io/library/x:1",
        "probe": {"path": "/", "port": 8100},
    }
    needed = {key: known[key] for key in runtime.service.needed}
    if "upstream" in runtime.service.model_fields:
        needed["api_base"], needed["served_name"] = "http://192.0.2.1:8000/v1", "m"
    return {"runtime": runtime.name, **needed, **more}
