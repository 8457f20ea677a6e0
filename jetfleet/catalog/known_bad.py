"""Pairs of things that are known not to go together, each with what to do and where it is told."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from jetfleet.catalog.read import read
from jetfleet.catalog.version import within


@dataclass(frozen=True)
class Situation:
    """What is known of a service or a board when pairs are looked up; None or empty: not known.

    `options` maps option names (with dashes, without the leading two) to their values as text.
    `docker` and `toolkit` are versions that only the board can tell.
    """

    soc: str | None = None
    l4t: str | None = None
    vllm: str | None = None
    image: str | None = None
    model: str | None = None
    power: str | None = None
    docker: str | None = None
    toolkit: str | None = None
    options: dict[str, str] = field(default_factory=dict)
    env: frozenset[str] = frozenset()


@dataclass(frozen=True)
class KnownBad:
    """One pair. `refuse` tells whether it cannot work at all; otherwise it is a warning."""

    id: str
    refuse: bool
    when: dict[str, str]
    sentence: str
    remedy: str
    link: str

    def applies(self, to: Situation) -> bool:
        """Tell whether every condition holds in `to`; what is not known does not hold."""
        return (
            all(_matches(self.when.get(key), getattr(to, key)) for key in _PATTERNS)
            and all(self._in_range(key, getattr(to, key)) for key in _VERSIONS)
            and self._option_holds(to)
            and self._variable_holds(to)
        )

    def _in_range(self, key: str, version: str | None) -> bool:
        low, high = self.when.get(f"{key}_min"), self.when.get(f"{key}_max")
        if low is None and high is None:
            return True
        return version is not None and within(version, low, high)

    def _option_holds(self, to: Situation) -> bool:
        option = self.when.get("option")
        return option is None or _matches(self.when.get("value", ".*"), to.options.get(option))

    def _variable_holds(self, to: Situation) -> bool:
        name = self.when.get("name")
        if name is not None and name not in to.env and name not in _as_variables(to.options):
            return False
        variable = self.when.get("env")
        return (variable is None or variable in to.env) and (
            self.when.get("env_absent") not in to.env
        )


_PATTERNS = ("soc", "image", "model", "power")
_VERSIONS = ("l4t", "vllm", "docker", "toolkit")


def _matches(pattern: str | None, text: str | None) -> bool:
    if pattern is None or text is None:
        return pattern is None
    return re.fullmatch(pattern, text, re.IGNORECASE) is not None


def _as_variables(options: dict[str, str]) -> set[str]:
    """Return option names as a person who takes a variable for an option writes them."""
    return {name.upper().replace("-", "_") for name in options}


@cache
def pairs() -> tuple[KnownBad, ...]:
    """Return all known pairs."""
    return tuple(KnownBad(**row) for row in read("known-bad.json")["pairs"])


def pair(id: str) -> KnownBad:  # noqa: A002 - it is called so in the data
    """Return the pair `id`; raises `KeyError` for an id that the catalog does not have."""
    return {one.id: one for one in pairs()}[id]


def known_bad(situation: Situation) -> tuple[KnownBad, ...]:
    """Return the pairs that apply in `situation`."""
    return tuple(one for one in pairs() if one.applies(situation))
