"""A board that reports its status, and the status of a fleet that follows."""

from __future__ import annotations

from typing import Any

from jetfleet.events.event import Inspected, Unreachable
from jetfleet.events.interpret import host_of
from jetfleet.spec.load import load
from jetfleet.spec.model import HostSpec
from jetfleet.status.interpret import status_of
from jetfleet.status.model import FleetStatus, HostStatus
from tests.support.rendered import ROOT

NANO = next(h for h in load(ROOT / "inventory/lab.yaml").hosts if h.name == "nano")
MODEL = "/models/cosmos-reason2-2b"
GIB = 2**30


def said(**more: Any) -> dict[str, Any]:
    """What a nano says that serves its model."""
    service = {
        "active": "active", "ids": [MODEL], "wants": [MODEL], "uptime": 7265.0, "restarts": 0,
        "reason": "",
    }  # fmt: skip
    readings = {
        "release": "# R36 (release), REVISION: 4.3, GCID: 1, BOARD: generic",
        "model": "NVIDIA Jetson Orin Nano",
        "power_mode": "MAXN_SUPER",
        "clocks": {"locked": True, "free": [], "cpu": 1_728_000_000, "gpu": 1_020_000_000},
        "temperatures": {"cpu-thermal": 48.5, "tj-thermal": 51.0},
        "throttling": [],
        "over_current": {},
        "memory": {"total": 8 * GIB, "available": 2 * GIB},
        "disks": {
            "/": {"mounted": True, "total": 50 * GIB, "free": 20 * GIB},
            "/mnt/nvme": {"mounted": True, "total": 900 * GIB, "free": 700 * GIB},
        },
        "services": {"cosmos": {**service, **more.pop("service", {})}},
        "errors": {},
        **more.pop("readings", {}),
    }
    return {"readings": readings, "differences": [], "reason": "", **more}


def nano(**more: Any) -> HostStatus:
    return status_of(NANO, "192.0.2.13", host_of("nano", [Inspected(host="nano", **said(**more))]))


def unreachable(host: HostSpec, address: str, reason: str) -> HostStatus:
    return status_of(
        host, address, host_of(host.name, [Unreachable(host=host.name, reason=reason)])
    )


def fleet(*hosts: HostStatus) -> FleetStatus:
    return FleetStatus(spec="lab.yaml", at="2026-11-21T12:00:00+00:00", hosts=hosts)


CHANGE = {
    "resource": "power:mode", "attribute": "mode", "have": "15W", "want": "MAXN_SUPER",
    "sentence": "the power mode is 15W",
}  # fmt: skip
