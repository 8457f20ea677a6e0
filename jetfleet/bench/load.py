"""The loads of source 003: what is asked of a server, how long, and how much at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Load:
    """One load: so many prompts of so many tokens in and out, so many of them at once.

    Parameters
    ----------
    at_once:
        None sends all of them at the start.

    """

    name: str
    title: str
    input: int
    output: int
    prompts: int
    at_once: int | None = None

    @property
    def context(self) -> int:
        """Tokens of context that a request needs."""
        return self.input + self.output

    @property
    def options(self) -> tuple[str, ...]:
        """The options of `vllm bench serve` for it, as that source wrote them."""
        at_once = () if self.at_once is None else ("--max-concurrency", str(self.at_once))
        return (
            "--dataset-name", "random",
            "--random-input-len", str(self.input),
            "--random-output-len", str(self.output),
            "--num-prompts", str(self.prompts),
            *at_once,
        )  # fmt: skip


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
            raise FleetError(f"{name} is no load: name one or more of {listed}")
    return tuple(known[name] for name in dict.fromkeys(names))
