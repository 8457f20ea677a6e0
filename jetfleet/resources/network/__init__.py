"""Connections of network devices through NetworkManager."""

from __future__ import annotations

from jetfleet.resources.network.device import CONNECTIONS, keyfile_of
from jetfleet.resources.network.network import Network
from jetfleet.resources.network.state import NetworkState
from jetfleet.resources.network.without import without

__all__ = ["CONNECTIONS", "Network", "NetworkState", "keyfile_of", "without"]
