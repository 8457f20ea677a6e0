"""What starts a container: the unit that runs it, a file that runs at boot, or Docker itself."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jetfleet.adopt.launches import PROJECT, launches
from jetfleet.resources.adopted.service import commands_of, env_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jetfleet.adopt.launches import Launch
    from jetfleet.adopt.units import Units
    from jetfleet.resources.adopted.container import Container

_BY_DOCKER = ("always", "unless-stopped")
"""Restart policies with which Docker starts a container again after a reboot.

https://docs.docker.com/engine/containers/start-containers-automatically/
"""


@dataclass
class Starts:
    """The units of a board and what each starts, and what files start at boot.

    Parameters
    ----------
    files:
        What the files that run at boot start.
    used:
        Units that start a running container.

    """

    units: Units
    of_unit: dict[str, list[Launch]]
    files: list[Launch]
    used: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, units: Units) -> Starts:
        """Return what the units of a survey start."""
        shown = {unit["Id"]: unit for unit in units.shown}
        of_unit = {}
        for name, unit in shown.items():
            folder, env = unit.get("WorkingDirectory", "").lstrip("!~-"), env_of(unit)
            text = "\n".join([*commands_of(unit), *units.lines.get(name, ())])
            of_unit[name] = list(launches(text, env, folder))
        files = [
            one
            for owner, lines in units.lines.items()
            if owner not in shown
            for one in launches("\n".join(lines))
        ]
        return cls(units, of_unit, files)

    def unit_of(self, container: Container) -> dict[str, str] | None:
        """Return the unit that starts a container; one that is active before others."""
        found = [
            unit
            for unit in self.units.shown
            if any(one.starts(container) for one in self.of_unit[unit["Id"]])
        ]
        unit = min(found, key=lambda one: one.get("ActiveState") != "active", default=None)
        if unit is not None:
            self.used.add(unit["Id"])
        return unit

    @property
    def others(self) -> list[dict[str, str]]:
        """The units that start no running container."""
        return [unit for unit in self.units.shown if unit["Id"] not in self.used]

    @property
    def notes(self) -> list[str]:
        """What of the units could not be read, or is not a unit that runs."""
        return [
            *(
                f"the unit {name} could not be read: look at `systemctl show {name}`"
                for name in self.units.unread
            ),
            *(f"the template unit {name} has no instance" for name in self.units.idle),
        ]

    def hints(self, container: Container) -> Iterator[str]:
        """Yield whether a container stays away after a reboot, and the project that it is of."""
        why = self._stays_away(container)
        if why:
            yield f"the container {container.name} does not come back after a reboot: {why}"
        if PROJECT in container.labels:
            project = re.sub(r"\s", " ", container.labels[PROJECT])
            yield f"the container {container.name} is of the compose project {project}"

    def _stays_away(self, container: Container) -> str:
        """Return why nothing starts a container after a reboot; empty if something may."""
        policy = container.options.get("restart", "")
        if policy in _BY_DOCKER or any(one.starts(container) for one in self.files):
            return ""
        unit = self.unit_of(container)
        if unit is not None:
            off = unit.get("UnitFileState", "") in {"disabled", "masked", "linked"}
            return f"its unit {unit['Id']} is not enabled" if off else ""
        if policy:
            return f"with --restart {policy} Docker starts it again only after a failure"
        return "it was started without --restart, and no unit of the system starts it"
