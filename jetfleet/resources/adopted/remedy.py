"""What a person can do about a difference on a board that was set up by hand."""

from __future__ import annotations

REMEDY = (
    "fix it by hand, write into the spec what is there, or take `adopted` out of the host to have "
    "jetfleet change it"
)
