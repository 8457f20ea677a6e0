"""The memory of rollouts: one SQLite file of events that are only ever added."""

from __future__ import annotations

from jetfleet.rollout.store.control import InTheWay
from jetfleet.rollout.store.store import About, Blocked, Store, Stored, default_path

__all__ = ["About", "Blocked", "InTheWay", "Store", "Stored", "default_path"]
