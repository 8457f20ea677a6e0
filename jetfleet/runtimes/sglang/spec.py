"""SGLang's keys in a spec."""

from __future__ import annotations

from typing import ClassVar, Literal

from jetfleet.spec.service import OWN_OPTIONS, ApiKey, Flags, ModelName, Mounts, ServedAs, Service

KEY = "SGLANG_API_KEY"
"""Environment variable with the key; SGLang reads none, so its start program passes the key on."""

_ONE_KEY = "remove it, and write it as `api_key` of the service"


class SglangService(Service):
    """An SGLang: `sglang.launch_server` with one model."""

    default_port: ClassVar = 30000
    needed: ClassVar = {"model": "the name of a model under `models`"}
    own_options: ClassVar = {
        **OWN_OPTIONS,
        "model-path": "write it as `model` of the service",
        "served-model-name": "write it as `served_name` of the service",
        "config": "write its settings under `flags`",
    }
    secret_options: ClassVar = {
        **Service.secret_options,
        "api-key": _ONE_KEY,
        "admin-api-key": _ONE_KEY,
    }

    runtime: Literal["sglang"]
    model: ModelName = None
    served_name: ServedAs = None
    flags: Flags
    mounts: Mounts
    api_key: ApiKey = None


SERVICE = SglangService
