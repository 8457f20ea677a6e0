"""Check what a workstation needs for a fleet."""

from __future__ import annotations

from jetfleet.doctor.finding import Finding
from jetfleet.doctor.fleet import names_every_key, of_fleet
from jetfleet.doctor.station import of_station, of_twins

__all__ = ["Finding", "names_every_key", "of_fleet", "of_station", "of_twins"]
