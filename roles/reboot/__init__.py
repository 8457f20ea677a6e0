"""Reboot the board if it asks for that, and the spec or the run allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Rebooted, Resources

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the resource that says that nothing waits for a reboot."""
    return [] if inputs.host.adopted is not None else [Rebooted()]
