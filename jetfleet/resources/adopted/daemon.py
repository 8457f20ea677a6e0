"""A Docker engine that was set up by hand: compared, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.adopted.remedy import REMEDY
from jetfleet.resources.base import Attributes, Change, OnlyCompared
from jetfleet.resources.daemon import Daemon, DaemonState

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWN = frozenset({"running", "unit", "backup"})
"""Attributes that only jetfleet's drop-in shows: what the daemon was started with."""


@dataclass(frozen=True)
class AdoptedDaemon(OnlyCompared[DaemonState], Daemon):
    """Docker runs, starts at boot, and its daemon.json has these keys."""

    kind: ClassVar[str] = "adopted-daemon"
    chief: ClassVar[tuple[str, ...]] = ()

    @property
    def title(self) -> str:
        return "Compare Docker, which was set up by hand"

    @property
    def runs(self) -> str:
        return ""

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ()

    def desired(self) -> Attributes:
        return _without_own(super().desired())

    def observed(self, actual: DaemonState) -> Attributes:
        return _without_own(super().observed(actual))

    def remedy(self, changes: Sequence[Change]) -> str:
        return f"{changes[0].sentence}, and Docker was set up by hand: {REMEDY}"


def _without_own(named: Attributes) -> Attributes:
    return {name: one for name, one in named.items() if name not in _OWN}
