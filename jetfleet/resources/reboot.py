"""A reboot that the board itself asks for, as after an update of its kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import Attribute, Attributes, Change, Effects, Resource, RunOptions
from jetfleet.steps import LinkResolver, Steps
from jetfleet.steps import Reboot as RebootStep
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

# Packages of Debian and Ubuntu write them: Debian Policy 9.3, and update-notifier-common.
_REQUIRED = "/run/reboot-required"
_NAMED = 3
"""Packages that are named."""
_LONGEST = 60


@dataclass(frozen=True)
class RebootState:
    """Whether the board needs a reboot, and the packages that say so."""

    required: bool
    packages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Rebooted(Resource[RebootState]):
    """Nothing on the board waits for a reboot."""

    kind: ClassVar[str] = "reboot"
    moves: ClassVar[frozenset[str] | None] = None
    stands_alone: ClassVar[bool] = True

    @property
    def id(self) -> str:
        return "board"

    @property
    def title(self) -> str:
        return "Reboot"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("jetpack:*", "package:*", "power:*")

    @classmethod
    def survey(cls, resources: Sequence[Rebooted], options: RunOptions) -> str:
        del resources, options
        return f"""[ ! -e {_REQUIRED} ] || echo required
[ ! -f {_REQUIRED}.pkgs ] || head -c 4096 {_REQUIRED}.pkgs | sed 's/^/package /'
true
"""

    @classmethod
    def read(cls, text: str, resources: Sequence[Rebooted]) -> dict[str, RebootState]:
        lines = text.splitlines()
        named = (line.removeprefix("package ") for line in lines if line.startswith("package "))
        packages = dict.fromkeys(printable(name)[:_LONGEST] for name in named)
        state = RebootState("required" in lines, tuple(packages))
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {"required": Attribute("no")}

    def observed(self, actual: RebootState) -> Attributes:
        return {"required": Attribute("yes" if actual.required else "no")}

    def explain(self, change: Change, actual: RebootState, options: RunOptions) -> Change:
        sentence = f"the board needs a reboot{_reason(actual)}"
        if options.reboot:
            return replace(change, sentence=sentence)
        sentence += f" ({options.reboot_remedy})"
        return replace(change, sentence=sentence, waits_for="reboot")

    def effects(self, actual: RebootState, changes: Sequence[Change]) -> Effects:
        return Effects(reboot=f"the board asks for it{_reason(actual)}" if changes else "")

    def steps(
        self,
        actual: RebootState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, resolver
        if options.reboot:
            yield RebootStep(self.title)


def _reason(actual: RebootState) -> str:
    if not actual.packages:
        return ""
    more = len(actual.packages) - _NAMED
    others = f" and {more} more" if more > 0 else ""
    return f" for {', '.join(actual.packages[:_NAMED])}{others}"
