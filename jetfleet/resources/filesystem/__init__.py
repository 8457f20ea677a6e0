"""The filesystem on a disk: formatted if allowed, mounted by UUID."""

from __future__ import annotations

from jetfleet.resources.filesystem.disk import Disk
from jetfleet.resources.filesystem.filesystem import DEVICE_TIMEOUT, ON_ERROR, Filesystem

__all__ = ["DEVICE_TIMEOUT", "ON_ERROR", "Disk", "Filesystem"]
