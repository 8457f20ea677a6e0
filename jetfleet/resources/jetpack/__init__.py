"""The L4T release of a board, upgraded by NVIDIA's packages within its major release."""

from jetfleet.resources.jetpack.jetpack import ALLOW, JetPack, JetPackState
from jetfleet.resources.jetpack.record import (
    RECORD,
    UpgradeRecord,
    read_upgrade,
    show_upgrade,
)

__all__ = [
    "ALLOW",
    "RECORD",
    "JetPack",
    "JetPackState",
    "UpgradeRecord",
    "read_upgrade",
    "show_upgrade",
]
