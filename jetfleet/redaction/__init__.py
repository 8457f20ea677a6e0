"""Secrets that this process has read: nothing that it prints, logs or records shows them."""

from __future__ import annotations

from jetfleet.redaction.keys import HIDDEN, looks_like_key, mask_keys, mask_settings
from jetfleet.redaction.output import redact_output
from jetfleet.redaction.redactor import SHORTEST, hide, redact, redact_json

__all__ = [
    "HIDDEN",
    "SHORTEST",
    "hide",
    "looks_like_key",
    "mask_keys",
    "mask_settings",
    "redact",
    "redact_json",
    "redact_output",
]
