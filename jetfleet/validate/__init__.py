"""Checks of a spec against the catalog, all of them before any connection."""

from __future__ import annotations

from jetfleet.validate.check import check, load_checked, problems_of

__all__ = ["check", "load_checked", "problems_of"]
