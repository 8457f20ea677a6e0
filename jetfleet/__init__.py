"""jetfleet: `terraform plan` for a fleet of NVIDIA Jetsons, carried out by plain pyinfra."""

from __future__ import annotations

__version__ = "0.1.0"
