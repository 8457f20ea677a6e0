"""Docker engines that are known not to work on a board."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.catalog.daemon_keys import missing_in
from jetfleet.catalog.rules import broken
from jetfleet.catalog.situation import Situation
from jetfleet.steps import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable
    from collections.abc import Set as AbstractSet

    from jetfleet.resources.daemon.state import DaemonState

_RAW_TABLE_RULE = "docker-28-raw-table"
_RAW_TABLE_SINCE = 28
_KEY_RULE = "docker-unknown-key"

# docker-ce has an epoch: `5:27.5.1-1~ubuntu.22.04~jammy`.
_VERSION = re.compile(r"(?:\d+:)?(\d{1,9})\.(\d{1,9})\.(\d{1,9})")


def release_of(engine: str) -> tuple[int, int] | None:
    """Return the first two numbers of an engine's version; None if no package has one."""
    found = _VERSION.match(engine)
    return (int(found[1]), int(found[2])) if found else None


def check_toolkit(toolkit: str, soc: str, waived: AbstractSet[str]) -> None:
    """Raise `Refused` for a version of NVIDIA's Container Toolkit that a rule forbids.

    Parameters
    ----------
    toolkit:
        Its version, empty without one.
    soc:
        ``orin`` or ``thor``, empty if not known.
    waived:
        Rules that do not hold on this board.

    """
    for rule in broken(Situation(soc=soc or None, toolkit=toolkit.partition("-")[0] or None)):
        if rule.at == "board" and rule.id not in waived:
            raise Refused(
                f"{rule.sentence}, and this board has {toolkit}: {rule.remedy} (rule {rule.id})"
            )


def check_engine(actual: DaemonState, waived: AbstractSet[str], *, bridged: bool) -> None:
    """Raise `Refused` for an engine that is missing, or that does not work with this kernel.

    Parameters
    ----------
    waived:
        Rules that do not hold on this board.
    bridged:
        Whether the engine must publish ports of containers.

    """
    raw_table = actual.raw_table or _RAW_TABLE_RULE in waived
    if not actual.engine and bridged and not raw_table:
        raise Refused(
            "no Docker engine on the board, and its kernel lacks iptables' raw table, which Docker "
            "28 and later needs to publish ports: install 27.5.1 from Docker's own packages and "
            "hold it (`apt-get install nvidia-container docker-ce=5:27.5.1*; apt-mark hold "
            "docker-ce`)"
        )
    if not actual.engine:
        raise Refused(
            "no Docker engine on the board: install the one of its JetPack "
            "(`apt-get install nvidia-container docker.io`)"
        )
    found = _VERSION.match(actual.engine)
    if not found or int(found[1]) < _RAW_TABLE_SINCE or raw_table:
        return
    first = tuple(map(int, found.groups())) == (_RAW_TABLE_SINCE, 0, 0)
    if first or (bridged and actual.raw_rules):
        ways = "give each service the host's network (leave out `ports`), or "
        ways += "set DOCKER_INSECURE_NO_IPTABLES_RAW=1 in a drop-in of docker.service, or "
        raise Refused(
            f"Docker {found[1]} needs iptables' raw table "
            f"{'to start' if first else 'to publish ports'}, which this kernel does not have "
            f"(https://github.com/moby/moby/issues/49557): {'' if first else ways}"
            "write `iptables: false` under docker.daemon in the spec, or install Docker 27.5.1 and "
            f"hold it (rule {_RAW_TABLE_RULE})"
        )


def check_release(engine: str, keys: Iterable[str], waived: AbstractSet[str]) -> None:
    """Raise `Refused` for a key of daemon.json that this release of Docker does not have."""
    release = release_of(engine)
    if release is None or _KEY_RULE in waived:
        return
    for key in keys:
        lacking = missing_in(key, release)
        if lacking:
            raise Refused(
                f"the board has Docker {release[0]}.{release[1]}, and the spec the key {key} of "
                f"daemon.json, {lacking}: remove it from docker.daemon, or install another Docker "
                f"(rule {_KEY_RULE})"
            )
