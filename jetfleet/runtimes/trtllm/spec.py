"""TensorRT-LLM's keys in a spec."""

from __future__ import annotations

from typing import ClassVar, Literal

from jetfleet.spec.service import OWN_OPTIONS, Flags, ModelName, Mounts, Service

_NO_KEY = "trtllm-serve has no API keys; restrict access to its port in your network"


class TrtLlmService(Service):
    """A TensorRT-LLM: `trtllm-serve` with one model."""

    default_port: ClassVar = 8000
    needed: ClassVar = {"model": "the name of a model under `models`"}
    instead: ClassVar = {
        "served_name": "trtllm-serve calls a model by its folder: rename the model",
        "api_key": _NO_KEY,
    }
    own_options: ClassVar = {
        **OWN_OPTIONS,
        "served-model-name": "trtllm-serve calls a model by its folder: rename the model",
        "config": "write its settings under `flags`, where there are options for them",
        "extra-llm-api-options": "write its settings under `flags`, where there are options for "
        "them",
    }
    secret_options: ClassVar = {
        **Service.secret_options,
        "api-key": f"remove it: {_NO_KEY}",
    }

    runtime: Literal["trtllm"]
    model: ModelName = None
    flags: Flags
    mounts: Mounts


SERVICE = TrtLlmService
