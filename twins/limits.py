"""Limits of the workstation's kernel that many twins would reach."""

from __future__ import annotations

from pathlib import Path

_INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
# Measured: 7 for each twin at rest, 12 while it boots, all owned by root. The usual limit of the
# kernel is 128, and a systemd that gets no instance silently leaves services out.
_ENOUGH = 8192


def raise_limits() -> None:
    """Raise root's limit of inotify instances until the next boot, so that all twins get some."""
    if int(_INOTIFY.read_text(encoding="ascii")) < _ENOUGH:
        _INOTIFY.write_text(f"{_ENOUGH}\n", encoding="ascii")
