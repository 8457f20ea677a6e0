"""The Docker daemon: its settings, and whether it runs with them."""

from __future__ import annotations

from jetfleet.resources.daemon.daemon import Daemon
from jetfleet.resources.daemon.state import DaemonState

__all__ = ["Daemon", "DaemonState"]
