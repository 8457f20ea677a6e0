"""The Docker daemon: its settings, and whether it runs with them."""

from __future__ import annotations

from jetfleet.resources.daemon.daemon import Daemon, DaemonState

__all__ = ["Daemon", "DaemonState"]
