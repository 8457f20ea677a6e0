"""The keys that the hubs of a fleet accept."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from twins.standins import keys
from twins.standins.hubs.places import PLACES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Keys:
    """The keys by hub; accounts of `strangers` have accepted no licence."""

    by_hub: Mapping[str, frozenset[str]] = field(default_factory=dict)
    strangers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, fleet_dir: Path) -> Keys:
        """Return the keys of a fleet."""
        found = {
            place.hub: {key: keys.kept(fleet_dir, key) for key in place.keys}
            for place in PLACES.values()
        }
        strangers = {
            value for by_key in found.values() for key, value in by_key.items() if not key.licensed
        }
        accepted = {hub: frozenset(by_key.values()) for hub, by_key in found.items()}
        return cls(accepted, frozenset(strangers))

    def hub(self, name: str) -> frozenset[str]:
        """Return the keys that one hub accepts."""
        return self.by_hub.get(name, frozenset())
