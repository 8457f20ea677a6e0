"""The client of the model: a module of its own, as in the real package."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass
class VLMService:
    """How pictures are asked about; `max_tokens` is of each answer, until a page changes it."""

    model: str
    api_base: str
    api_key: str = "EMPTY"
    prompt: str = ""
    max_tokens: int = 512
