"""Checks of a spec against the catalog, all of them before any connection."""

from __future__ import annotations

from jetfleet.validate.check import check, load_checked, problems_of
from jetfleet.validate.memory import memory_at_start, memory_of
from jetfleet.validate.waive import waivers

__all__ = ["check", "load_checked", "memory_at_start", "memory_of", "problems_of", "waivers"]
