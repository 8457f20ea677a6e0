"""The adapter of each hub."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jetfleet.hub.hub import Hub
    from jetfleet.spec.model import ModelSpec
    from jetfleet.workstation import Workstation

_ADAPTERS = {
    "ngc": "ngc.Ngc",
    "hf": "huggingface.HuggingFace",
    "modelscope": "modelscope.ModelScope",
    "ollama": "ollama.Ollama",
    "https": "web.Web",
    "file": "folder.Folder",
}


def hub_of(model: ModelSpec, workstation: Workstation) -> Hub:
    """Return the adapter of a model's hub."""
    # `requests` is slow to import, and few commands need it.
    module, _, name = _ADAPTERS[model.hub].partition(".")
    adapter: type[Hub] = getattr(import_module(f"jetfleet.hub.{module}"), name)
    return adapter(model, workstation)
