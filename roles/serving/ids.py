"""The id by which clients ask a service for a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetfleet.role_input import RoleInput
    from jetfleet.spec.model import Service


def model_id(inputs: RoleInput, service: Service) -> str:
    """Return the id of a service's first model over OpenAI's protocol; empty if it has none.

    vLLM and llama.cpp take any name, trtllm-serve takes the folder's, and Ollama has its own.
    """
    if service.served_name is not None:
        return service.served_name
    if service.runtime == "vllm":
        return f"/models/{service.model}"
    if service.runtime == "ollama" and service.models:
        return inputs.models[service.models[0]].source.ollama_name
    return service.model or ""
