"""What all kinds of resource share: the base class, attributes, changes and their effects."""

from __future__ import annotations

from jetfleet.resources.base.attribute import (
    ABSENT,
    MISSING,
    Attribute,
    Attributes,
    attributes,
    constant,
    yes_or_no,
)
from jetfleet.resources.base.change import Change, RunOptions
from jetfleet.resources.base.effects import Effects, Outlook
from jetfleet.resources.base.only_compared import OnlyCompared
from jetfleet.resources.base.rate import rate_of
from jetfleet.resources.base.resource import Resource, Unreadable
from jetfleet.resources.base.rollout import NO_ROLLOUT, Rollout, rollout_of
from jetfleet.resources.base.row import Row, read_row

__all__ = [
    "ABSENT",
    "MISSING",
    "NO_ROLLOUT",
    "Attribute",
    "Attributes",
    "Change",
    "Effects",
    "OnlyCompared",
    "Outlook",
    "Resource",
    "Rollout",
    "Row",
    "RunOptions",
    "Unreadable",
    "attributes",
    "constant",
    "rate_of",
    "read_row",
    "rollout_of",
    "yes_or_no",
]
