"""The lock: image digests, model revisions and file hashes of a spec."""

from __future__ import annotations

from jetfleet.lock.model import Lock, LockedFile, LockedImage, LockedModel
from jetfleet.lock.reader import LockReader

__all__ = ["Lock", "LockReader", "LockedFile", "LockedImage", "LockedModel"]
