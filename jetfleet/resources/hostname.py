"""The name that a board has for itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import (
    ABSENT,
    Attributes,
    Change,
    Resource,
    RunOptions,
    Unreadable,
    constant,
)
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import words
from jetfleet.steps.write_file import write_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FILE = "/etc/hostname"


@dataclass(frozen=True)
class Hostname(Resource["tuple[str, str]"]):
    """The board has this name now, and after the next boot; the state are both."""

    kind: ClassVar[str] = "hostname"
    stands_alone: ClassVar[bool] = True
    name: str

    @property
    def id(self) -> str:
        return "name"

    @property
    def title(self) -> str:
        return "Set the host name"

    @property
    def texts(self) -> Mapping[str, str]:
        return {_FILE: f"{self.name}\n"}

    @classmethod
    def survey(cls, resources: Sequence[Hostname], options: RunOptions) -> str:
        del resources, options
        return f"""echo "now $(cat /proc/sys/kernel/hostname)"
echo "next $(grep -v '^ *#' {_FILE} | head -n 1 | head -c 300)"
"""

    @classmethod
    def read(cls, text: str, resources: Sequence[Hostname]) -> dict[str, tuple[str, str]]:
        fields = {name: value for name, _, value in (x.partition(" ") for x in text.splitlines())}
        if "now" not in fields:
            raise Unreadable("the kernel did not say which name the board has")
        state = (fields["now"], fields.get("next", "").strip())
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {"now": self.name, "next": constant(self.name)}

    def observed(self, actual: tuple[str, str]) -> Attributes:
        return {"now": actual[0], "next": actual[1] or ABSENT}

    def sentence(self, change: Change, actual: tuple[str, str]) -> str:
        del actual
        if change.attribute == "next":
            return f"after the next boot the board's name would be {change.have}"
        return f"the board's name is {change.have}"

    def steps(
        self,
        actual: tuple[str, str],
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        script = write_file(_FILE, f"{self.name}\n")
        yield Run(f"set -e\n{script}hostname {words([self.name])}\n", self.title, joined=True)
