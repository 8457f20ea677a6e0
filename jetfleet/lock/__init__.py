"""The lock: what a spec resolved to, once, on the workstation."""

from __future__ import annotations

from jetfleet.lock.model import Lock, LockedFile, LockedImage, LockedModel

__all__ = ["Lock", "LockedFile", "LockedImage", "LockedModel"]
