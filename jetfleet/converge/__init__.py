"""pyinfra operations over resources: survey, compare, change, and read again what changed."""

from __future__ import annotations

from jetfleet.converge.bench import bench
from jetfleet.converge.deploy import apply, verify
from jetfleet.converge.look import status

__all__ = ["apply", "bench", "status", "verify"]
