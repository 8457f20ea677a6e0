"""The time zone of a board."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import ABSENT, Attributes, Change, Resource, RunOptions
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import words
from jetfleet.steps.write_file import write_file

if TYPE_CHECKING:
    from collections.abc import Sequence

_ZONES = "/usr/share/zoneinfo"
_LINK = "/etc/localtime"


@dataclass(frozen=True)
class Timezone(Resource[str]):
    """The board's local time is that of a zone; the state is its zone, empty if it has none.

    Parameters
    ----------
    zone:
        Name in the tz database, such as ``Europe/Berlin``.

    """

    kind: ClassVar[str] = "timezone"
    stands_alone: ClassVar[bool] = True
    zone: str

    @property
    def id(self) -> str:
        return "zone"

    @property
    def title(self) -> str:
        return "Set the time zone"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("package:tzdata",)

    @classmethod
    def survey(cls, resources: Sequence[Timezone], options: RunOptions) -> str:
        del resources, options
        return f"readlink {_LINK} || true\n"

    @classmethod
    def read(cls, text: str, resources: Sequence[Timezone]) -> dict[str, str]:
        _, _, zone = text.strip().partition("/zoneinfo/")
        return {r.key: zone for r in resources}

    def desired(self) -> Attributes:
        return {"zone": self.zone}

    def observed(self, actual: str) -> Attributes:
        return {"zone": actual or ABSENT}

    def sentence(self, change: Change, actual: str) -> str:
        del actual
        return f"the time zone is {change.have}"

    def steps(
        self, actual: str, changes: Sequence[Change], options: RunOptions, resolver: LinkResolver
    ) -> Steps:
        del actual, changes, options, resolver
        zone, new = words([f"{_ZONES}/{self.zone}"]), f"{_LINK}.jetfleet-new"
        yield Run(
            f"""set -e
[ -f {zone} ] || {{ echo {zone}' does not exist: correct `timezone` in the spec' >&2; exit 1; }}
ln -sfn -- {zone} {new}
mv -f -T {new} {_LINK}
{write_file("/etc/timezone", f"{self.zone}{chr(10)}")}""",
            self.title,
            joined=True,
        )
