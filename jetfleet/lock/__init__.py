"""The lock: what a spec resolved to, once, on the workstation."""

from __future__ import annotations

from jetfleet.lock.model import Lock, LockedFile, LockedImage, LockedModel
from jetfleet.lock.reader import LockReader

__all__ = ["Lock", "LockReader", "LockedFile", "LockedImage", "LockedModel"]
