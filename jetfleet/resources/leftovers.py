"""Models on the board that nothing refers to; removed only if the spec or the run allows it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.resources.applied import APPLIED, LARGEST, read_record
from jetfleet.resources.base import (
    Attribute,
    Attributes,
    Change,
    Effects,
    Resource,
    RunOptions,
)
from jetfleet.resources.model.marker import MARKER
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.last_ready import READY, SERVICES
from jetfleet.steps.shell import words
from jetfleet.text import format_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_SIZE = re.compile(r"size (\d{1,18})\t(.+)")
_SPECIAL = re.compile(r"[][.*+?(){}|^$\\]")


@dataclass(frozen=True)
class LeftoverState:
    """Bytes of each marked model folder by ``name/revision``, and which of them are needed still.

    Parameters
    ----------
    applied:
        Those that the last apply had, and those that the way back of a rollout needs.
    last_ready:
        Those that services would be put back to; an apply that failed is not in `applied`.

    """

    found: Mapping[str, int]
    applied: frozenset[str]
    last_ready: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Leftovers(Resource[LeftoverState]):
    """No model is there but those of the spec, of the last apply, and of what was last ready.

    A folder without jetfleet's marker stays. What the last apply had
    stays for one apply more, so that going back needs no network.

    Parameters
    ----------
    keep:
        The spec's models as ``name/revision``.
    prune:
        The spec allows removal; without it nothing is removed unless the run asks.

    """

    kind: ClassVar[str] = "leftovers"
    directory: str
    keep: tuple[str, ...]
    prune: bool = False

    @property
    def id(self) -> str:
        return self.directory

    @property
    def title(self) -> str:
        return f"Remove unused models from {self.directory}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("filesystem:*", "applied:*")

    @classmethod
    def survey(cls, resources: Sequence[Leftovers], options: RunOptions) -> str:
        wanted = [r.directory for r in resources if r.prune or options.prune]
        if not wanted:
            return "true\n"
        folders = "|".join(_SPECIAL.sub(r"\\\g<0>", directory) for directory in wanted)
        pattern = words([f"({folders})(/[^/:[:space:]]+){{2}}"])
        return f"""[ ! -f {APPLIED} ] || head -c {LARGEST} {APPLIED} | sed 's/^/applied /'
echo
set --
for kept in {SERVICES}/*/{READY}; do
  unit=/etc/systemd/system/jetfleet-${{kept#{SERVICES}/}}
  [ -f "$kept" ] && [ -f "${{unit%/*}}.service" ] && set -- "$@" "$kept"
done
[ $# -eq 0 ] || grep -aohE {pattern} "$@" | sed 's/^/ready /'
set --
for m in {" ".join(f"{words([d])}/*/*/{MARKER}" for d in wanted)}; do
  [ -f "$m" ] && set -- "$@" "${{m%/*}}"
done
[ $# -eq 0 ] || du -s -l -B1 -- "$@" | sed 's/^/size /'
"""

    @classmethod
    def read(cls, text: str, resources: Sequence[Leftovers]) -> dict[str, LeftoverState]:
        sizes: dict[str, int] = {}
        record: list[str] = []
        ready: set[str] = set()
        for line in text.splitlines():
            if line.startswith("applied "):
                record.append(line.removeprefix("applied "))
            elif line.startswith("ready "):
                ready.add(line.removeprefix("ready "))
            elif found := _SIZE.fullmatch(line):
                sizes[found[2]] = int(found[1])
        known = read_record("\n".join(record))
        if known is None:
            # What the last apply had is not known: its models could be among these.
            sizes = {}
        held = (one.partition(":") for one in (known or {}).get("holds", ()))
        applied = {*(known or {}).get("models", ()), *(n for kind, _, n in held if kind == "model")}
        return {
            r.key: LeftoverState(
                {name: sizes[path] for path, name in _below(r.directory, sizes).items()},
                frozenset(applied),
                frozenset(_below(r.directory, ready).values()),
            )
            for r in resources
        }

    def desired(self) -> Attributes:
        return {}

    def observed(self, actual: LeftoverState) -> Attributes:
        needed = {*self.keep, *actual.applied, *actual.last_ready}
        return {
            name: Attribute("present", format_bytes(size))
            for name, size in sorted(actual.found.items())
            if name not in needed
        }

    def details(self) -> Mapping[str, Any]:
        return {"directory": self.directory, "keep": list(self.keep), "prune": self.prune}

    def sentence(self, change: Change, actual: LeftoverState) -> str:
        del actual
        return f"nothing refers to model {change.attribute}, {change.have}"

    def compare(self, actual: LeftoverState, options: RunOptions) -> list[Change]:
        return super().compare(actual, options) if self.prune or options.prune else []

    def effects(self, actual: LeftoverState, changes: Sequence[Change]) -> Effects:
        return Effects(final=-sum(actual.found.get(change.attribute, 0) for change in changes))

    def steps(
        self,
        actual: LeftoverState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, options, resolver
        # Renamed first: a removal that is cut off leaves no half model under a model's name.
        trash = f"{self.directory}/.removing"
        names = words(change.attribute for change in changes)
        yield Run(
            f"""set -eu
[ -d {words([trash])} ] && [ ! -L {words([trash])} ] || rm -rf -- {words([trash])}
mkdir -p -- {words([trash])}
for name in {names}; do
  mv -T -- {words([self.directory])}/"$name" {words([trash])}/"$(echo "$name" | tr / @).$$"
  rmdir --ignore-fail-on-non-empty -- {words([self.directory])}/"${{name%/*}}"
done
rm -rf -- {words([trash])}
""",
            self.title,
            seconds=900,
            joined=True,
        )


def _below(directory: str, paths: Iterable[str]) -> dict[str, str]:
    """Return those of the paths that are in a folder, with what comes after it."""
    start = f"{directory}/"
    return {path: path.removeprefix(start) for path in paths if path.startswith(start)}
