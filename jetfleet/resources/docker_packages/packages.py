"""The packages of Docker and of NVIDIA's Container Toolkit, installed where a board lacks them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from jetfleet.board import sent
from jetfleet.catalog.docker_packages import ENGINES, PACKAGES, TOOLKIT
from jetfleet.resources.base import ABSENT, Attributes, Change, Effects, Resource, RunOptions
from jetfleet.resources.daemon.engine import RAW_TABLE_RULE
from jetfleet.resources.docker_packages.choice import Pick, pick_engine, pick_toolkit
from jetfleet.resources.docker_packages.state import PackagesState, fits, read_packages
from jetfleet.steps import LinkResolver, Refused, Run, StepFailed, Steps, apt
from jetfleet.steps.packages import packages
from jetfleet.steps.shell import words
from jetfleet.text import format_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

NEVER = "never"
_INSTALLED = "installed"


@dataclass(frozen=True)
class DockerPackages(Resource[PackagesState]):
    """A board has a Docker engine, and NVIDIA's Container Toolkit.

    What is there is replaced only if the spec names another version. apt takes them from the
    sources of the board, and removes no other package for them.

    Parameters
    ----------
    engine:
        ``docker.io`` or ``docker-ce``; empty for the first that apt has, ``never`` for none.
    version:
        That of the engine, a pattern; empty for any.
    toolkit:
        The version of the toolkit, a pattern; empty for any, ``never`` for none.
    soc, waived:
        As for the daemon: some versions are known not to work.
    raw_table:
        The spec wants an engine that uses iptables' raw table: one that needs it is not installed
        where the kernel lacks it.
    sources:
        The spec writes apt sources, so what apt lacks in a plan may be there in the run.

    """

    kind: ClassVar[str] = "docker-packages"
    engine: str = ""
    version: str = ""
    toolkit: str = ""
    soc: str = ""
    waived: frozenset[str] = frozenset()
    raw_table: bool = True
    sources: bool = False

    @property
    def id(self) -> str:
        return "docker"

    @property
    def title(self) -> str:
        return "Install Docker's packages"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("package:*", "package-version:*", "package-absent:*")

    @classmethod
    def survey(cls, resources: Sequence[DockerPackages], options: RunOptions) -> str:
        del options
        one = resources[0]
        engine = NEVER if one.engine == NEVER else one.version or "*"
        said = packages("%s %.0s%s %s", PACKAGES)
        return (
            f"set -- {words([engine, one.toolkit or '*'])}\npackages=$({said})\n"
            f"{sent('docker_packages.sh')}"
        )

    @classmethod
    def dpkg_names(cls, resources: Sequence[DockerPackages]) -> tuple[str, ...]:
        del resources
        return PACKAGES

    @classmethod
    def survey_seconds(cls, resources: Sequence[DockerPackages], options: RunOptions) -> int:
        del resources, options
        return 40  # apt reads its lists five times, on a board that lacks something

    @classmethod
    def read(cls, text: str, resources: Sequence[DockerPackages]) -> dict[str, PackagesState]:
        state = read_packages(text)
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        wanted = {"engine": self.version or _INSTALLED, "toolkit": self.toolkit or _INSTALLED}
        return {name: wanted[name] for name in self._managed}

    @property
    def _managed(self) -> tuple[str, ...]:
        never = {"engine": self.engine == NEVER, "toolkit": self.toolkit == NEVER}
        return tuple(name for name, one in never.items() if not one)

    def observed(self, actual: PackagesState) -> Attributes:
        return {name: self._have(name, actual) for name in self._managed}

    def _have(self, attribute: str, actual: PackagesState) -> str:
        of_engine = attribute == "engine"
        names = ENGINES if of_engine else (TOOLKIT,)
        wanted = self.version if of_engine else self.toolkit
        program_name = "dockerd" if of_engine else "nvidia-container-runtime"
        versions = [actual.installed[name] for name in names if name in actual.installed]
        broken = [actual.broken[name] for name in names if name in actual.broken]
        if broken and not versions:
            return broken[0]
        if not versions:
            there = program_name in actual.programs and not wanted
            return _INSTALLED if there else ABSENT
        return (wanted or _INSTALLED) if fits(versions[0], wanted) else versions[0]

    def refuse(self, actual: PackagesState, options: RunOptions) -> None:
        del options
        other = actual.engine if self.engine in ENGINES else ""
        if other and other != self.engine:
            raise Refused(
                f"the board has {other}, and the spec {self.engine} under docker.install: remove "
                f"{other} on the board first (its containers stop), or write engine: {other}"
            )
        if actual.lists and not self.sources:
            self._picks(actual)

    def _picks(self, actual: PackagesState) -> list[Pick]:
        """Return what to install; `Refused` if apt does not have it."""
        have, want = self.observed(actual), self.desired()
        picks = []
        if have.get("engine") != want.get("engine"):
            works = actual.raw_table or not self.raw_table or RAW_TABLE_RULE in self.waived
            picks.append(pick_engine(actual, self.engine, self.version, raw_table=works))
        if have.get("toolkit") != want.get("toolkit"):
            picks.append(pick_toolkit(actual, self.toolkit, self.soc, self.waived))
        return picks

    def hides(self, actual: PackagesState) -> tuple[str, ...]:
        return ("daemon:*",) if self.observed(actual) != self.desired() else ()

    def uses_tls(self, changes: Sequence[Change]) -> bool:
        return bool(changes)

    def sentence(self, change: Change, actual: PackagesState) -> str:
        what = "Docker engine" if change.attribute == "engine" else TOOLKIT
        lacks = f"the {what} is {change.have}"
        if change.have == ABSENT:
            lacks = f"the board has no {what}"
        pick = self._pick_of(change, actual)
        if pick is None:
            return f"{lacks}: apt installs it, once it has fetched its package lists"
        size = actual.fetch.get(pick.name, 0)
        cost = f", {format_bytes(size)} to fetch" if size else ""
        return f"{lacks}: apt installs {pick.name} {pick.version}{cost}"

    def _pick_of(self, change: Change, actual: PackagesState) -> Pick | None:
        try:
            picks = self._picks(actual)
        except Refused:
            return None
        of_engine = change.attribute == "engine"
        return next(one for one in picks if (one.name in ENGINES) == of_engine)

    def explain(self, change: Change, actual: PackagesState, options: RunOptions) -> Change:
        change = super().explain(change, actual, options)
        pick = self._pick_of(change, actual)
        return replace(change, want=f"{pick.name} {pick.version}") if pick else change

    def effects(self, actual: PackagesState, changes: Sequence[Change]) -> Effects:
        replaced = actual.engine and any(one.attribute == "engine" for one in changes)
        try:
            names = [pick.name for pick in self._picks(actual)] if changes else []
        except Refused:
            names = []
        fetched = sum(actual.fetch.get(name, 0) for name in names)
        return Effects(internet=fetched, restarts=("docker",) if replaced else ())

    def steps(
        self,
        actual: PackagesState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del changes
        if resolver.bundle is not None:
            raise StepFailed(
                "the host is offline, and a bundle has Docker only if the spec names its packages: "
                "write them under apt.packages, such as docker.io: installed and "
                "nvidia-container-toolkit: installed, and make the bundle again"
            )
        yield Run(apt.update(), "Fetch apt's package lists", seconds=apt.SECONDS, joined=True)
        again = yield Run(self.survey([self], options), self.title)
        actual = self.read(again.out, [self])[self.key]
        try:
            picks = self._picks(actual)
        except Refused as error:
            raise StepFailed(str(error)) from error
        wanted = [one for pick in picks for one in pick.arguments(actual)]
        # Another engine's containerd may be in its way, and with it containers of others.
        allowed = ("--no-remove", "--allow-downgrades", "--allow-change-held-packages")
        yield Run(apt.install(wanted, allowed), self.title, seconds=apt.SECONDS, joined=True)
