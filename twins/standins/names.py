"""The host names that the stand-ins answer under."""

from __future__ import annotations

REGISTRIES = ("nvcr.io", "ghcr.io", "docker.io", "quay.io")
"""The registries that images are named after."""

REGISTRY_NAMES = (*REGISTRIES, "registry-1.docker.io", "index.docker.io", "auth.docker.io")
"""All names of registries, with the hosts to which Docker goes for `docker.io`."""

NGC_NAMES = ("api.ngc.nvidia.com", "authn.nvidia.com")
NGC_STORE = "files.ngc.nvidia.com"
HF_NAMES = ("huggingface.co",)
HF_STORE = "cas-bridge.xethub.hf.co"
MODELSCOPE_NAMES = ("modelscope.cn", "www.modelscope.cn")
MODELSCOPE_STORE = "cdn-lfs-cn-1.modelscope.cn"
OLLAMA_NAMES = ("registry.ollama.ai",)
OLLAMA_STORE = "dd20bb891979d25aebc8bec07b2b3bbc.r2.cloudflarestorage.com"
WEB_NAMES = ("models.example.org",)
RELEASE_NAMES = ("github.com", "ollama.com")

STORE_NAMES = (NGC_STORE, HF_STORE, MODELSCOPE_STORE, OLLAMA_STORE)

HUB_NAMES = (
    *NGC_NAMES,
    *HF_NAMES,
    *MODELSCOPE_NAMES,
    *OLLAMA_NAMES,
    *STORE_NAMES,
    *WEB_NAMES,
    *RELEASE_NAMES,
)
"""Hubs, and the stores to which they redirect downloads: other hosts, as with the real hubs."""
