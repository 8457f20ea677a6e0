"""A service of each runtime, with no more keys than it needs, and the boards that they run on."""

from __future__ import annotations

from typing import Any

HOST: dict[str, Any] = {
    "module": "agx-orin-64gb", "jetpack": "6.2", "l4t": "36.4.3", "address": "192.0.2.1",
    "docker": {},
}  # fmt: skip
THOR = {"module": "agx-thor", "jetpack": "7.0", "l4t": "38.2.0"}
MODELS = {
    "hub": {"source": "hf:a/b"}, "gguf": {"source": "hf:a/g", "include": ["*.gguf"]},
    "store": {"source": "ollama:qwen3:1.7b"},
}  # fmt: skip
SERVICES: dict[str, dict[str, Any]] = {
    "vllm": {"model": "hub"},
    "llama.cpp": {"model": "gguf"},
    "sglang": {"model": "hub"},
    "trtllm": {"model": "hub"},
    "ollama": {"models": ["store"]},
    "triton": {"repository": {"m": {"model": "hub", "backend": "vllm"}}},
    "live-vlm-webui": {"api_base": "http://192.0.2.9:8000/v1", "served_name": "m"},
    "container": {"image": "ghcr.io/a/b:1", "command": ["serve"], "probe": {"port": 80}},
}
