"""Rules: combinations that are known to fail, the reason, the remedy, and the sources."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal

from jetfleet.catalog.data_file import read_data, sources
from jetfleet.catalog.version import within
from jetfleet.runtimes.folders import folders
from jetfleet.runtimes.folders import read as of_runtime
from jetfleet.spec.options import plain_option

if TYPE_CHECKING:
    from jetfleet.catalog.situation import Situation

Level = Literal["refuse", "warn"]
Where = Literal["spec", "lock", "board"]


@dataclass(frozen=True)
class Rule:
    """One rule.

    Parameters
    ----------
    level:
        ``refuse``: a source shows that it fails. ``warn``: slow, uncertain, or without effect.
    at:
        What the check needs beside the spec: nothing more, the lock, or the board.
    when:
        Conditions that must all hold, or a sentence if the check is in code.
    links:
        Its sources: addresses, or a description for a source without one.
    keys:
        Keys of a service that break it: ``env`` and ``flags`` mean the variable and the option of
        its conditions, others the key itself. Empty for a rule that is checked by code.

    """

    id: str
    level: Level
    at: Where
    when: Mapping[str, str] | str
    sentence: str
    why: str
    remedy: str
    links: tuple[str, ...]
    keys: tuple[str, ...] = ()

    @property
    def refuse(self) -> bool:
        """Whether the host is refused."""
        return self.level == "refuse"

    @property
    def conditions(self) -> Mapping[str, str]:
        """The conditions; empty for a rule that is checked in code."""
        return self.when if isinstance(self.when, Mapping) else {}

    @property
    def option_or_variable(self) -> bool:
        """Whether it is about a name that people write both as an option and as a variable."""
        return "name" in self.conditions

    @property
    def option(self) -> str:
        """The option that it is about, in normal form and small letters; empty without one."""
        when = self.conditions
        return plain_option(when.get("option") or when.get("name") or "").lower()

    @property
    def variables(self) -> frozenset[str]:
        """The environment variables that it is about."""
        return frozenset(self.conditions[key] for key in ("name", "env") if key in self.conditions)

    def applies(self, to: Situation) -> bool:
        """Return whether every condition holds in `to`; what is unknown does not hold."""
        when = self.conditions
        return (
            bool(when)
            and all(_matches(when.get(key), getattr(to, key)) for key in _PATTERNS)
            and all(_in_range(when, key, getattr(to, key)) for key in _VERSIONS)
            and ("architecture" not in when or _any(when["architecture"], to.architecture))
            and ("backend" not in when or _any(when["backend"], tuple(to.backends)))
            and _option_holds(when, to)
            and _variable_holds(when, to)
        )


_PATTERNS = ("soc", "runtime", "image", "quantisation", "power", "host", "words")
_VERSIONS = ("l4t", "engine", "docker", "toolkit")


def _in_range(when: Mapping[str, str], key: str, version: str | None) -> bool:
    low, high = when.get(f"{key}_min"), when.get(f"{key}_max")
    if low is None and high is None:
        return True
    return version is not None and within(version, low, high)


def _option_holds(when: Mapping[str, str], to: Situation) -> bool:
    option = when.get("option")
    return option is None or _matches(when.get("value", ".*"), to.options.get(option))


def _variable_holds(when: Mapping[str, str], to: Situation) -> bool:
    name, variable = when.get("name"), when.get("env")
    if name is not None and name not in to.env and name not in _as_variables(to.options):
        return False
    if variable is not None and not _matches(when.get("is", ".*"), to.env.get(variable)):
        return False
    return when.get("env_absent") not in to.env


def _matches(pattern: str | None, text: str | None) -> bool:
    if pattern is None or text is None:
        return pattern is None
    return re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL) is not None


def _any(pattern: str, texts: tuple[str, ...]) -> bool:
    return any(_matches(pattern, text) for text in texts)


def _as_variables(options: Mapping[str, str]) -> set[str]:
    """Return option names in the form of environment variables."""
    return {name.upper().replace("-", "_") for name in options}


@cache
def rules() -> Mapping[str, Rule]:
    """Return all rules by their ids, sorted."""
    known = {field.name for field in fields(Rule)}
    files = [read_data("rules.json"), *(of_runtime(folder, "rules.json") for folder in folders())]
    rows = sorted(
        (row for file in files for row in file.get("rules", ())), key=lambda row: str(row["id"])
    )
    return {
        row["id"]: Rule(
            **{
                "at": "spec",
                **{key: value for key, value in row.items() if key in known},
                "links": sources(row["links"]),
                "keys": tuple(row.get("keys", ())),
            }
        )
        for row in rows
    }


def rule(id: str) -> Rule:  # noqa: A002 - it is called so in the data
    """Return the rule `id`; raise `KeyError` for an unknown id."""
    return rules()[id]


@lru_cache(maxsize=1024)
def broken(situation: Situation) -> tuple[Rule, ...]:
    """Return the rules that apply in `situation`; most hosts of a fleet share a situation."""
    return tuple(one for one in rules().values() if one.applies(situation))
