"""Debian packages in a version that the spec names."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar

from jetfleet.catalog.docker_packages import ENGINES, TOOLKIT
from jetfleet.resources.base import ABSENT, Attributes, Change, Resource, RunOptions
from jetfleet.steps import LinkResolver, Steps, apt
from jetfleet.steps.packages import packages

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class PackageVersion(Resource[str]):
    """A Debian package in one version, also where that is a downgrade or the package is held.

    The state is the version that is installed, empty without one.

    Parameters
    ----------
    version:
        A version of the board's sources; ``*`` at its end stands for any text.

    """

    kind: ClassVar[str] = "package-version"
    name: str
    version: str

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Install {self.name} in its version"

    @classmethod
    def survey(cls, resources: Sequence[PackageVersion], options: RunOptions) -> str:
        del options
        return packages("%s %s %s%.0s", cls.dpkg_names(resources))

    @classmethod
    def dpkg_names(cls, resources: Sequence[PackageVersion]) -> tuple[str, ...]:
        return tuple(r.name for r in resources)

    @classmethod
    def read(cls, text: str, resources: Sequence[PackageVersion]) -> dict[str, str]:
        rows = (line.split(" ") for line in text.splitlines())
        versions = {row[0]: row[-1] for row in rows if len(row) > 2 and row[1] == "installed"}  # noqa: PLR2004 - the three fields
        return {r.key: versions.get(r.name, "") for r in resources}

    def desired(self) -> Attributes:
        return {"version": self.version}

    def observed(self, actual: str) -> Attributes:
        fits = fnmatchcase(actual, self.version)
        return {"version": self.version if fits else actual or ABSENT}

    def hides(self, actual: str) -> tuple[str, ...]:
        of_docker = self.name in {*ENGINES, TOOLKIT}
        return ("daemon:*",) if of_docker and self.observed(actual) != self.desired() else ()

    def sentence(self, change: Change, actual: str) -> str:
        del change
        if not actual:
            return f"package {self.name} is not installed"
        return f"package {self.name} is installed in version {actual}"

    def steps(
        self, actual: str, changes: Sequence[Change], options: RunOptions, resolver: LinkResolver
    ) -> Steps:
        del actual, changes, options
        allowed = ("--allow-downgrades", "--allow-change-held-packages")
        wanted = f"{self.name}={self.version}"
        yield from apt.install_steps(wanted, self.title, resolver.bundle, allowed)
