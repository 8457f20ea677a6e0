"""Keep upgrades of apt off L4T, the kernel, Docker and whatever the spec names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.catalog.system import held_packages
from jetfleet.resources import File, Hold
from jetfleet.template import render

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.role.role_input import RoleInput

UNATTENDED = "/etc/apt/apt.conf.d/52jetfleet-unattended-upgrades"


def desired(inputs: RoleInput) -> Resources:
    """Return the holds of a host, after all roles that install what they hold."""
    apt = inputs.host.apt
    if apt is None or not apt.hold or inputs.host.adopted is not None:
        return []
    holds = [Hold(word, held_packages(word)) for word in apt.hold]
    patterns = dict.fromkeys(one for hold in holds for one in hold.patterns)
    names = [_regular_expression(pattern) for pattern in patterns]
    return [File(UNATTENDED, render("hold", UNATTENDED, names=names)), *holds]


def _regular_expression(pattern: str) -> str:
    """Return a pattern as unattended-upgrades reads it: Python's, matched from the beginning."""
    escaped = pattern.replace("+", r"\+").replace(".", r"\.")
    return f"^{escaped.replace('*', '.*')}$"
