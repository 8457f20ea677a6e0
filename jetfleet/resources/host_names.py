"""Names that a board resolves by itself: lines of /etc/hosts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import ABSENT, Attributes, Change, Resource, RunOptions
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.program import run_program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HOSTS = "/etc/hosts"
OWN_ADDRESS = "127.0.1.1"
"""The address of the board's own name, as Debian and Ubuntu have it."""

_BEGIN, _END = "# Begin of jetfleet's names, from the spec", "# End of jetfleet's names"


@dataclass(frozen=True)
class HostNames(Resource["tuple[str, ...]"]):
    """These names stand in /etc/hosts, between two marks; the state are the file's lines.

    Parameters
    ----------
    names:
        Pairs of a name and its address.

    """

    kind: ClassVar[str] = "names"
    stands_alone: ClassVar[bool] = True
    names: tuple[tuple[str, str], ...]

    @property
    def id(self) -> str:
        return HOSTS

    @property
    def title(self) -> str:
        return f"Write names into {HOSTS}"

    @property
    def lines(self) -> list[str]:
        """The lines between the marks."""
        return [f"{address} {name}" for name, address in self.names]

    @classmethod
    def survey(cls, resources: Sequence[HostNames], options: RunOptions) -> str:
        del resources, options
        return f"cat {HOSTS} || true\n"

    @classmethod
    def survey_files(cls, resources: Sequence[HostNames], options: RunOptions) -> tuple[str, ...]:
        del resources, options
        return (HOSTS,)

    @classmethod
    def read(cls, text: str, resources: Sequence[HostNames]) -> dict[str, tuple[str, ...]]:
        return {r.key: tuple(text.splitlines()) for r in resources}

    def desired(self) -> Attributes:
        return {"names": ", ".join(self.lines)}

    def observed(self, actual: tuple[str, ...]) -> Attributes:
        if _BEGIN not in actual or _END not in actual[actual.index(_BEGIN) :]:
            return {"names": ABSENT}
        begin = actual.index(_BEGIN)
        end = actual.index(_END, begin)
        own = [" ".join(line.split()) for line in actual[begin + 1 : end]]
        return {"names": ", ".join(own)}

    def notes(self, actual: tuple[str, ...]) -> Sequence[str]:
        return list(self._shadowed(actual))

    def _shadowed(self, lines: Sequence[str]) -> Iterator[str]:
        """Yield a sentence for each name that an earlier line has with another address."""
        wanted = dict(self.names)
        for number, line in enumerate(lines, 1):
            if line == _BEGIN:
                return
            address, *names = line.partition("#")[0].split() or [""]
            for name in names:
                if wanted.get(name, address) != address:
                    yield (
                        f"line {number} of {HOSTS} says that {name} is {address}, and the spec "
                        f"says {wanted[name]}: remove that line"
                    )

    def sentence(self, change: Change, actual: tuple[str, ...]) -> str:
        del change, actual
        return f"{HOSTS} lacks names of the spec, or has others between the marks"

    def steps(
        self,
        actual: tuple[str, ...],
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        yield Run(_lay(self.lines), self.title, joined=True)


def without_names() -> str:
    """Script that takes the names out of the file again; the board's own name stays.

    The board keeps its host name, and without this line sudo asks the network for it.
    """
    return _lay([], keep=OWN_ADDRESS)


def _lay(lines: Sequence[str], keep: str = "") -> str:
    job = {"path": HOSTS, "begin": _BEGIN, "end": _END, "lines": list(lines)}
    job |= {"keep": keep} if keep else {}
    return run_program("place.py", "block.py", job=job)
