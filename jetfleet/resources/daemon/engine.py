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

    from jetfleet.catalog.rules import Rule
    from jetfleet.resources.daemon.state import DaemonState

RAW_TABLE_RULE = "docker-28-raw-table"
RAW_TABLE_SINCE = 28
_VARIABLE_SINCE = (28, 0, 2)
_KEY_RULE = "docker-unknown-key"

COMING = "coming"
"""The version of an engine that is installed only later in the run."""

# docker-ce has an epoch: `5:27.5.1-1~ubuntu.22.04~jammy`.
_VERSION = re.compile(r"(?:\d+:)?(\d{1,9})\.(\d{1,9})\.(\d{1,9})")


def release_of(engine: str) -> tuple[int, int] | None:
    """Return the first two numbers of an engine's version; None if no package has one."""
    numbers = numbers_of(engine)
    return numbers[:2] if any(numbers) else None


def numbers_of(engine: str) -> tuple[int, int, int]:
    """Return the three numbers of an engine's version; zeros if it has another form."""
    found = _VERSION.match(engine)
    return (int(found[1]), int(found[2]), int(found[3])) if found else (0, 0, 0)


def check_toolkit(toolkit: str, soc: str, waived: AbstractSet[str]) -> None:
    """Raise `Refused` for a version of NVIDIA's Container Toolkit that a rule forbids."""
    rule = rule_against(toolkit, soc, waived)
    if rule:
        raise Refused(
            f"{rule.sentence}, and this board has {toolkit}: {rule.remedy} (rule {rule.id})"
        )


def rule_against(toolkit: str, soc: str, waived: AbstractSet[str]) -> Rule | None:
    """Return the rule that forbids a version of NVIDIA's Container Toolkit; None without one.

    Parameters
    ----------
    toolkit:
        Its version, empty without one.
    soc:
        ``orin`` or ``thor``, empty if not known.
    waived:
        Rules that do not hold on this board.

    """
    situation = Situation(soc=soc or None, toolkit=toolkit.partition("-")[0] or None)
    against = (one for one in broken(situation) if one.at == "board" and one.id not in waived)
    return next(against, None)


def check_engine(
    actual: DaemonState, waived: AbstractSet[str], *, bridged: bool, skipped: bool = False
) -> None:
    """Raise `Refused` for an engine that is missing, or that does not work with this kernel.

    Parameters
    ----------
    waived:
        Rules that do not hold on this board.
    bridged:
        Whether the engine must publish ports of containers.
    skipped:
        Whether the spec lets it do so without iptables' raw table.

    """
    if not actual.engine:
        raise Refused(
            "no Docker engine on the board: leave engine: never out of docker.install, so that "
            "jetfleet installs one, or install the one of its JetPack "
            "(`apt-get install nvidia-container docker.io`)"
        )
    version = numbers_of(actual.engine)
    if version[0] < RAW_TABLE_SINCE or actual.raw_table or RAW_TABLE_RULE in waived:
        return
    first = version == (RAW_TABLE_SINCE, 0, 0)
    works_without = version >= _VARIABLE_SINCE and (skipped or not actual.raw_rules)
    if first or (bridged and not works_without):
        ways = "give each service the host's network (leave out `ports`), or write raw_table: skip "
        ways += "under docker in the spec (from Docker 28.0.2 on), or "
        raise Refused(
            f"Docker {version[0]} needs iptables' raw table "
            f"{'to start' if first else 'to publish ports'}, which this kernel does not have "
            f"(https://github.com/moby/moby/issues/49557): {'' if first else ways}"
            "write `iptables: false` under docker.daemon, or install: {version: 27.5.1*} under "
            f"docker (rule {RAW_TABLE_RULE})"
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
