"""Virtual Jetsons: one systemd container per host of a spec, which behaves like its board."""

from __future__ import annotations
