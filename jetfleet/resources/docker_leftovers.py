"""The old folders of a Docker engine whose data were moved; removed only if the run allows it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.board.docker_kept import MOVED, RECORD
from jetfleet.resources.base import Attribute, Attributes, Change, Effects, Resource, RunOptions
from jetfleet.resources.daemon.restart import STATE
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import words
from jetfleet.text import format_bytes, read_count

if TYPE_CHECKING:
    from collections.abc import Sequence

State = Mapping[str, int]
"""Bytes by folder."""

_REMOVING = ".jetfleet-removing"
_FOUND = re.compile(r"size (\d{1,18})\t(/\S.{0,4000})")
_SAME_ROOT = """root=$(timeout 20 docker info -f '{{.DockerRootDir}}')
is_root() { [ "$(readlink -m -- "$root")" = "$(readlink -m -- "$1")" ]; }
"""
"""Shell text that fails if Docker does not answer, and can tell Docker's folder then."""


@dataclass(frozen=True)
class DockerLeftovers(Resource[State]):
    """No folder is there that Docker's data were moved from.

    The state has those folders. A folder counts only with the mark of its move, and if Docker
    answers and does not use it.
    """

    kind: ClassVar[str] = "docker-leftovers"

    @property
    def id(self) -> str:
        return "docker"

    @property
    def title(self) -> str:
        return "Remove Docker's data that were moved away"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("daemon:*",)

    @classmethod
    def survey(cls, resources: Sequence[DockerLeftovers], options: RunOptions) -> str:
        del resources
        if not options.prune:
            return "true\n"
        return f"""[ ! -f {STATE}/{RECORD} ] || {{
{_SAME_ROOT}while read -r old; do
  case $old in /*/*) [ "$root" ] || continue ;; *) continue ;; esac
  if [ -f "$old/{MOVED}" ] && ! is_root "$old" || [ -d "$old{_REMOVING}" ]; then
    bytes=$(du -s -x -c -B1 -- "$old" "$old{_REMOVING}" | tail -n 1 | cut -f 1)
    printf 'size %s\\t%s\\n' "$bytes" "$old"
  fi
done <{STATE}/{RECORD}
}}
true
"""

    @classmethod
    def survey_seconds(cls, resources: Sequence[DockerLeftovers], options: RunOptions) -> int:
        del resources
        return 120 if options.prune else 0

    @classmethod
    def read(cls, text: str, resources: Sequence[DockerLeftovers]) -> dict[str, State]:
        state = {found[2]: read_count(found[1]) for found in _FOUND.finditer(text)}
        return {r.key: state for r in resources}

    def desired(self) -> Attributes:
        return {}

    def observed(self, actual: State) -> Attributes:
        return {path: Attribute("present", format_bytes(size)) for path, size in actual.items()}

    def sentence(self, change: Change, actual: State) -> str:
        del actual
        return f"Docker's data were moved away from {change.attribute}, {change.have}"

    def compare(self, actual: State, options: RunOptions) -> list[Change]:
        return super().compare(actual, options) if options.prune else []

    def effects(self, actual: State, changes: Sequence[Change]) -> Effects:
        return Effects(final=-sum(actual[change.attribute] for change in changes))

    def steps(
        self,
        actual: State,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, options, resolver
        for change in changes:
            yield Run(_removal(change.attribute), self.title, seconds=1800, joined=True)


def _removal(path: str) -> str:
    """Return the script that removes a folder; what is cut off leaves no half of it in place."""
    return f"""set -eu
old={words([path])}
grep -qxF -- "$old" {STATE}/{RECORD} || {{ echo "the record of the move has changed" >&2; exit 1; }}
{_SAME_ROOT}if is_root "$old"; then
  echo "Docker uses $old" >&2
  exit 1
fi
if awk -v at="$old/" 'index($5, at) == 1 {{ found = 1 }} END {{ exit !found }}' \\
  /proc/self/mountinfo; then
  echo "something is mounted in $old: unmount it" >&2
  exit 1
fi
if [ -f "$old/{MOVED}" ]; then
  if mountpoint -q -- "$old"; then
    find "$old" -xdev -mindepth 1 ! -path "$old/{MOVED}" -delete
    rm -f -- "$old/{MOVED}"
  else
    mv -T -- "$old" "$old{_REMOVING}"
  fi
fi
rm -rf --one-file-system -- "$old{_REMOVING}"
grep -vxF -- "$old" {STATE}/{RECORD} >{STATE}/{RECORD}.new || true
mv -f {STATE}/{RECORD}.new {STATE}/{RECORD}
[ -s {STATE}/{RECORD} ] || rm -f {STATE}/{RECORD}
"""
