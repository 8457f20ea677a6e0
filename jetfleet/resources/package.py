"""Debian packages that must be installed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.catalog.docker_packages import ENGINES, TOOLKIT
from jetfleet.resources.base import Attributes, Change, Resource, RunOptions
from jetfleet.steps import LinkResolver, Steps, apt
from jetfleet.steps.packages import packages

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Package(Resource[str]):
    """A Debian package, in whatever version the board's sources give; upgrades are not forced."""

    kind: ClassVar[str] = "package"
    stands_alone: ClassVar[bool] = True
    name: str

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Install {self.name}"

    @classmethod
    def survey(cls, resources: Sequence[Package], options: RunOptions) -> str:
        del options
        return packages("%s %s%.0s%.0s", cls.dpkg_names(resources))

    @classmethod
    def dpkg_names(cls, resources: Sequence[Package]) -> tuple[str, ...]:
        return tuple(r.name for r in resources)

    @classmethod
    def read(cls, text: str, resources: Sequence[Package]) -> dict[str, str]:
        status = dict(line.split(" ", 1) for line in text.splitlines() if " " in line)
        return {r.key: status.get(r.name, "absent") for r in resources}

    def desired(self) -> Attributes:
        return {"installed": "installed"}

    def observed(self, actual: str) -> Attributes:
        return {"installed": actual}

    def hides(self, actual: str) -> tuple[str, ...]:
        of_docker = self.name in {*ENGINES, TOOLKIT}
        return ("daemon:*",) if of_docker and self.observed(actual) != self.desired() else ()

    def sentence(self, change: Change, actual: str) -> str:
        del change, actual
        return f"package {self.name} is not installed"

    def steps(
        self, actual: str, changes: Sequence[Change], options: RunOptions, resolver: LinkResolver
    ) -> Steps:
        del actual, changes, options
        yield from apt.install_steps(self.name, self.title, resolver.bundle)
