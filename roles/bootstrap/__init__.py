"""First contact: the key of the workstation's user logs in on the board from now on.

Keys that may log in already stay. A board that is not the one of the spec is not changed. Rules of
sudo that the spec has are written too, so that sudo need not ask any more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Resources, User
from jetfleet.role.board import board_of
from jetfleet.role.sudo_rules import sudo_rules

if TYPE_CHECKING:
    from jetfleet.role.role_input import RoleInput


def desired(inputs: RoleInput) -> Resources:
    """Return the board, the user that logs in with the user's key, and the rules of sudo."""
    host = inputs.host
    user = User(host.ssh.user, keys=(inputs.login_key(),))
    return [board_of(inputs), user, *sudo_rules(host)]
