"""The effect of changes on a board: restarts, a reboot, bytes to fetch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.resources.applied import is_removable

if TYPE_CHECKING:
    from jetfleet.resources import Resource

ENGINE = "docker.service"

DesiredState = Mapping[str, "Resource[Any]"]


@dataclass(frozen=True)
class Effect:
    """The effect on one host.

    Parameters
    ----------
    restarts, starts:
        Names of units, as systemd has them.
    stops:
        Names of units that are removed.
    reboot:
        ``needed``, ``perhaps`` where the catalog does not know, or empty.
    fetch:
        Bytes of images and models that the old rendering does not have.
    refused:
        Why the host would be refused as it is, or empty.

    """

    restarts: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()
    stops: tuple[str, ...] = ()
    reboot: str = ""
    fetch: int = 0
    refused: str = ""


def effect(old: DesiredState, new: DesiredState, *, removes: bool = False) -> Effect:
    """Return the effect on a host of the change from one rendering to the other.

    `removes` tells whether an apply removes what has left the spec.
    """
    gone = (one for key, one in sorted(old.items()) if removes and key not in new)
    runs = {key: resource.runs for key, resource in sorted(new.items()) if resource.runs}
    restarts = [unit for key, unit in runs.items() if key in old and old[key] != new[key]]
    if ENGINE in restarts:
        # A restart of the engine stops all containers; their units start them again.
        restarts += [unit for key, unit in runs.items() if key in old and _in_engine(new[key])]
    outlooks = [one.outlook(old.get(key)) for key, one in new.items()]
    return Effect(
        restarts=tuple(dict.fromkeys(restarts)),
        starts=tuple(unit for key, unit in runs.items() if key not in old),
        stops=tuple(one.runs for one in gone if one.runs and is_removable(one.key)),
        reboot=next((one.reboot for one in outlooks if one.reboot), ""),
        fetch=sum(one.fetch for one in outlooks),
        refused=next((one.refused for one in outlooks if one.refused), ""),
    )


def _in_engine(resource: Resource[Any]) -> bool:
    return "daemon:*" in resource.depends_on
