"""pyinfra operations over resources: survey, compare, change, and read again what changed."""

from __future__ import annotations

from jetfleet.converge.deploy import apply, verify

__all__ = ["apply", "verify"]
