"""Packages that apt must not upgrade."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import Attributes, Change, Resource, RunOptions, Unreadable
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import words
from jetfleet.text import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

_LINE = re.compile(r"([a-z0-9][a-z0-9+.-]*) (\S+) (\S+)")
_SHOWN = 3


@dataclass(frozen=True)
class Hold(Resource[tuple[str, ...]]):
    """Each installed package of some names is held; the state are those that are not.

    Parameters
    ----------
    name:
        How the spec calls them, such as ``l4t``.
    patterns:
        Names of packages, in which ``*`` stands for any text.

    """

    kind: ClassVar[str] = "hold"
    name: str
    patterns: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Hold the packages {self.name}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("package:*",)

    @classmethod
    def survey(cls, resources: Sequence[Hold], options: RunOptions) -> str:
        del options
        patterns = words(dict.fromkeys(one for r in resources for one in r.patterns))
        form = "'${Package} ${db:Status-Want} ${db:Status-Status}\\n'"
        return f"dpkg-query -W -f {form} -- {patterns} || true\n"

    @classmethod
    def read(cls, text: str, resources: Sequence[Hold]) -> dict[str, tuple[str, ...]]:
        free: set[str] = set()
        for line in text.splitlines():
            found = _LINE.fullmatch(line)
            if found is None:
                raise Unreadable(f"dpkg lists a package in an unknown form: {line[:80]!r}")
            if found[3] == "installed" and found[2] != "hold":
                free.add(found[1])
        return {r.key: tuple(sorted(filter(r.has, free))) for r in resources}

    def has(self, package: str) -> bool:
        """Tell whether a package is one of these."""
        return any(fnmatchcase(package, pattern) for pattern in self.patterns)

    def desired(self) -> Attributes:
        return {"held": "all"}

    def observed(self, actual: tuple[str, ...]) -> Attributes:
        return {"held": f"not {', '.join(actual)}" if actual else "all"}

    def sentence(self, change: Change, actual: tuple[str, ...]) -> str:
        del change
        more = len(actual) - _SHOWN
        named = ", ".join(actual[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        return f"an upgrade may change {format_count(len(actual), 'package')}: {named}"

    def steps(
        self,
        actual: tuple[str, ...],
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del changes, options, resolver
        # Another program of dpkg may have its lock, such as a daily upgrade.
        yield Run(
            f"""tries=0
until printf '%s hold\\n' {words(actual)} | dpkg --set-selections; do
  tries=$((tries+1))
  [ $tries -lt 20 ] || exit 1
  sleep 3
done
""",
            self.title,
            joined=True,
        )
