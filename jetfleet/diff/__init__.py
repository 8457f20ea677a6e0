"""Compare two revisions of a spec by their renderings, host by host."""

from __future__ import annotations

from jetfleet.diff.ask import ask
from jetfleet.diff.report import Report

__all__ = ["Report", "ask"]
