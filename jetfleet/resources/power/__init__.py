"""The nvpmodel power mode, by name, resolved in the board's own nvpmodel.conf."""

from jetfleet.resources.power.power import PowerMode
from jetfleet.resources.power.state import STATUS, PowerState

__all__ = ["STATUS", "PowerMode", "PowerState"]
