"""Limits of the workstation's kernel that many twins would run into."""

from __future__ import annotations

from pathlib import Path

_INOTIFY = Path("/proc/sys/fs/inotify/max_user_instances")
# Seen: 7 for each twin at rest, 12 while it boots, all of them root's; the kernel's usual limit is
# 128, and a systemd that gets none leaves services out without a word that says why.
_ENOUGH = 8192


def raise_limits() -> None:
    """Let root have enough inotify instances for any number of twins, until the next boot."""
    if int(_INOTIFY.read_text(encoding="ascii")) < _ENOUGH:
        _INOTIFY.write_text(f"{_ENOUGH}\n", encoding="ascii")
