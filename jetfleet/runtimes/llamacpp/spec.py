"""llama.cpp's keys in a spec."""

from __future__ import annotations

from typing import ClassVar, Literal

from jetfleet.spec.service import OWN_OPTIONS, ApiKey, Flags, ModelName, Mounts, ServedAs, Service

KEY = "LLAMA_API_KEY"
"""Environment variable with the key that clients must show."""

_AS_MODEL = "write it as `model` of the service"
_AS_NAME = "write it as `served_name` of the service"
_AS_KEY = "write it as `api_key` of the service"


class LlamaCppService(Service):
    """A llama.cpp: `llama-server` with the GGUF file of one model."""

    default_port: ClassVar = 8080
    needed: ClassVar = {"model": "the name of a model under `models`, one with a GGUF file"}
    own_options: ClassVar = {
        **OWN_OPTIONS,
        "m": _AS_MODEL,
        "alias": _AS_NAME,
        "a": _AS_NAME,
        "api-key-file": _AS_KEY,
    }
    secret_options: ClassVar = {
        **Service.secret_options,
        "api-key": f"remove it, and {_AS_KEY}",
    }

    runtime: Literal["llama.cpp"]
    model: ModelName = None
    served_name: ServedAs = None
    flags: Flags
    mounts: Mounts
    api_key: ApiKey = None


SERVICE = LlamaCppService
