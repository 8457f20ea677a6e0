"""Virtual Jetsons: one systemd container per host of a spec, with the manners of its board."""

from __future__ import annotations
