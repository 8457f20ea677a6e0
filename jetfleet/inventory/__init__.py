"""From a spec to pyinfra's inventory: ``lab = hosts(__file__)`` in a file beside the spec."""

from __future__ import annotations

from jetfleet.inventory.hosts import current, hosts

__all__ = ["current", "hosts"]
