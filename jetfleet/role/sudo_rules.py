"""The rules of sudo that a host's spec has: of first contact, and of every later run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources import Access
from jetfleet.resources.access import SUDOERS

if TYPE_CHECKING:
    from jetfleet.resources import Resources
    from jetfleet.spec.model import HostSpec


def sudo_rules(host: HostSpec) -> Resources:
    """Return the file of a host's rules of sudo; nothing without rules."""
    lines = "".join(f"{line}\n" for line in host.sudoers)
    return [Access(SUDOERS, lines)] if lines else []
