"""Docker engines that are known not to work on a board."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.catalog.rules import broken
from jetfleet.catalog.situation import Situation
from jetfleet.steps import Refused

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

_RAW_TABLE_RULE = "docker-28-raw-table"
_RAW_TABLE_SINCE = 28


def check_engine(
    engine: str, toolkit: str, soc: str, waived: AbstractSet[str], *, raw_table: bool
) -> None:
    """Raise `Refused` for an engine that is missing, or that a rule of the catalog forbids.

    Parameters
    ----------
    engine, toolkit:
        Versions of the engine and of NVIDIA's Container Toolkit; empty without one.
    soc:
        ``orin`` or ``thor``, empty if not known.
    waived:
        Rules that do not hold on this board.
    raw_table:
        The kernel has iptables' raw table.

    """
    for rule in broken(Situation(soc=soc or None, toolkit=toolkit.partition("-")[0] or None)):
        if rule.at == "board" and rule.id not in waived:
            raise Refused(
                f"{rule.sentence}, and this board has {toolkit}: {rule.remedy} (rule {rule.id})"
            )
    if not engine:
        raise Refused(
            "no Docker engine on the board: install the one of its JetPack "
            "(`apt-get install nvidia-container docker.io`)"
        )
    # docker-ce has an epoch: `5:27.5.1-1~ubuntu.22.04~jammy`.
    found = re.match(r"(?:\d+:)?(\d{1,9})\.", engine)
    lacking = found and int(found[1]) >= _RAW_TABLE_SINCE and not raw_table
    if found and lacking and _RAW_TABLE_RULE not in waived:
        raise Refused(
            f"Docker {found[1]} needs iptables' raw table, which this kernel does not have "
            "(https://github.com/moby/moby/issues/49557): install Docker 27.5.1 and hold it "
            f"(rule {_RAW_TABLE_RULE})"
        )
