"""A Docker engine that was set up by hand: compared, never changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.adopted.hiding import hiding
from jetfleet.resources.adopted.remedy import REMEDY
from jetfleet.resources.base import Attributes, Change, OnlyCompared, RunOptions
from jetfleet.resources.daemon import Daemon, DaemonState
from jetfleet.resources.daemon.merge import leaves
from jetfleet.resources.daemon.restart import CONFIG
from jetfleet.resources.daemon.state import check_json

if TYPE_CHECKING:
    from collections.abc import Sequence

_OWN = frozenset({"running", "unit", "backup", "images"})
"""Attributes that only jetfleet's drop-in shows, or that only a managed engine has."""


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

    @classmethod
    def survey(cls, resources: Sequence[Daemon], options: RunOptions) -> str:
        known = [
            text
            for r in resources
            for path, value in leaves(r.wanted)
            for text in (str(value), f"{path[-1]}={value}")
        ]
        return f"{{\n{super().survey(resources, options)}}} | {hiding(known)}"

    def refuse(self, actual: DaemonState, options: RunOptions) -> None:
        """Raise `Refused` only for a file that cannot be compared: a person chose the engine."""
        del options
        check_json(actual.config, CONFIG)

    def hides(self, actual: DaemonState) -> tuple[str, ...]:
        del actual
        return ()

    def notes(self, actual: DaemonState) -> Sequence[str]:
        del actual
        return ()

    def desired(self) -> Attributes:
        return _without_own(super().desired())

    def observed(self, actual: DaemonState) -> Attributes:
        return _without_own(super().observed(actual))

    def remedy(self, changes: Sequence[Change]) -> str:
        return f"{changes[0].sentence}, and Docker was set up by hand: {REMEDY}"


def _without_own(named: Attributes) -> Attributes:
    return {name: one for name, one in named.items() if name not in _OWN}
