"""Model hubs and registries: one adapter for each hub, behind one interface."""

from __future__ import annotations

from jetfleet.hub.hub import Hub
from jetfleet.hub.known import hub_of

__all__ = ["Hub", "hub_of"]
