"""The loads of source 003."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.runtimes.benchmark import Load

if TYPE_CHECKING:
    from collections.abc import Sequence


LOADS = (
    Load("high", "High load", 2048, 128, 100, 8),
    Load("low", "Low load", 2048, 128, 10, 1),
    Load("warm-up", "Warm-up", 1024, 128, 100),
    Load("conversation", "Conversation", 128, 64, 1000),
    Load("throughput", "High throughput", 256, 512, 1000),
    Load("long-context", "Long context", 1024, 128, 1000),
)
"""Sections "测试配置" (high and low load) and "测试场景" (the scenarios) of source 003."""

GROUPS = {
    "loads": ("high", "low"),
    "scenarios": ("warm-up", "conversation", "throughput", "long-context"),
}


def loads_of(words: Sequence[str]) -> tuple[Load, ...]:
    """Return the loads that a person named, or means by ``loads``, ``scenarios`` or ``all``.

    Raises
    ------
    FleetError
        A name means no load.

    """
    names: list[str] = []
    for word in words:
        names += GROUPS.get(word, [load.name for load in LOADS] if word == "all" else [word])
    known = {load.name: load for load in LOADS}
    for name in names:
        if name not in known:
            listed = ", ".join([*known, *GROUPS, "all"])
            raise FleetError(f"{name} is not a load: name one or more of {listed}")
    return tuple(known[name] for name in dict.fromkeys(names))
