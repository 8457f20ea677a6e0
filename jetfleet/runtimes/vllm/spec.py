"""vLLM's keys in a spec."""

from __future__ import annotations

from typing import ClassVar, Literal

from jetfleet.spec.service import (
    OWN_OPTIONS,
    ApiKey,
    Flags,
    ModelName,
    Mounts,
    ServedAs,
    Service,
    in_env,
)

KEY = "VLLM_API_KEY"
"""Environment variable with the key that clients must show."""


class VllmService(Service):
    """A vLLM: `vllm serve` with one model."""

    default_port: ClassVar = 8000
    needed: ClassVar = {"model": "the name of a model under `models`"}
    own_options: ClassVar = {
        **OWN_OPTIONS,
        "served-model-name": "write it as `served_name` of the service",
        "config": "write it as `flags`; jetfleet writes the file that --config names",
    }
    secret_options: ClassVar = {**Service.secret_options, "api-key": in_env(KEY)}

    runtime: Literal["vllm"]
    model: ModelName = None
    served_name: ServedAs = None
    flags: Flags
    mounts: Mounts
    api_key: ApiKey = None


SERVICE = VllmService
