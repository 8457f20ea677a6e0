"""Parameters of the kernel, as they are now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import ABSENT, Attributes, Change, Resource, RunOptions
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True)
class Sysctl(Resource["Mapping[str, str]"]):
    """The kernel has these parameters now; a file of ours gives them to it at each boot.

    Parameters
    ----------
    parameters:
        Pairs of a name, such as ``vm.swappiness``, and its value.

    """

    kind: ClassVar[str] = "sysctl"
    moves: ClassVar[frozenset[str] | None] = None
    parameters: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        return "parameters"

    @property
    def title(self) -> str:
        return "Set parameters of the kernel"

    @property
    def paths(self) -> dict[str, str]:
        """Names by their paths; a dot in the name of an interface is not supported."""
        return {f"/proc/sys/{name.replace('.', '/')}": name for name, _ in self.parameters}

    @classmethod
    def survey(cls, resources: Sequence[Sysctl], options: RunOptions) -> str:
        del options
        paths = words(path for r in resources for path in r.paths)
        return f"grep -H '' -- /dev/null {paths} || true\n"

    @classmethod
    def read(cls, text: str, resources: Sequence[Sysctl]) -> dict[str, Mapping[str, str]]:
        values = {path: value for path, _, value in (x.partition(":") for x in text.splitlines())}
        return {
            r.key: {name: " ".join(values[path].split()) for path, name in r.paths.items()
                    if path in values}
            for r in resources
        }  # fmt: skip

    def desired(self) -> Attributes:
        return dict(self.parameters)

    def observed(self, actual: Mapping[str, str]) -> Attributes:
        return {name: actual.get(name, ABSENT) for name, _ in self.parameters}

    def sentence(self, change: Change, actual: Mapping[str, str]) -> str:
        if change.attribute not in actual:
            return f"the kernel has no parameter {change.attribute}"
        return f"{change.attribute} is {change.have}"

    def steps(
        self,
        actual: Mapping[str, str],
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, options, resolver
        wanted = dict(self.parameters)
        given = words(f"{one.attribute}={wanted[one.attribute]}" for one in changes)
        yield Run(f"sysctl -q -w -- {given}\n", self.title, joined=True)
