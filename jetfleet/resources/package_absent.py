"""Debian packages that must not be installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import ABSENT, Attributes, Change, Resource, RunOptions
from jetfleet.steps import LinkResolver, Run, Steps, apt
from jetfleet.steps.packages import packages

if TYPE_CHECKING:
    from collections.abc import Sequence

_GONE = {"config-files", "not-installed"}


@dataclass(frozen=True)
class PackageAbsent(Resource[str]):
    """A Debian package that is not installed; it is never removed together with another one.

    The state is the package's status as dpkg names it.
    """

    kind: ClassVar[str] = "package-absent"
    stands_alone: ClassVar[bool] = True
    name: str

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Remove {self.name}"

    @classmethod
    def survey(cls, resources: Sequence[PackageAbsent], options: RunOptions) -> str:
        del options
        return packages("%s %s%.0s%.0s", cls.dpkg_names(resources))

    @classmethod
    def dpkg_names(cls, resources: Sequence[PackageAbsent]) -> tuple[str, ...]:
        return tuple(r.name for r in resources)

    @classmethod
    def read(cls, text: str, resources: Sequence[PackageAbsent]) -> dict[str, str]:
        status = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
        return {r.key: status.get(r.name, ABSENT) for r in resources}

    def desired(self) -> Attributes:
        return {"installed": ABSENT}

    def observed(self, actual: str) -> Attributes:
        return {"installed": ABSENT if actual in _GONE else actual}

    def sentence(self, change: Change, actual: str) -> str:
        del change, actual
        return f"package {self.name} is installed"

    def steps(
        self, actual: str, changes: Sequence[Change], options: RunOptions, resolver: LinkResolver
    ) -> Steps:
        del actual, changes, options, resolver
        yield Run(apt.remove(self.name), self.title, seconds=apt.SECONDS, joined=True)
