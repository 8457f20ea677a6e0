"""First contact: the key of the workstation's user logs in on the board from now on.

Keys that may log in already stay. A board that is not the one of the spec is not changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Resources, User
from jetfleet.role.board import board_of

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the board, and the user that logs in with the user's key."""
    return [board_of(inputs), User(inputs.host.ssh.user, keys=(inputs.login_key(),))]
