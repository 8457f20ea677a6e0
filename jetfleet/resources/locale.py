"""The locale of a board's programs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import Attributes, Change, Resource, RunOptions, yes_or_no
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Locale(Resource[bool]):
    """A locale is compiled, so that programs can use it; the state is whether it is.

    Parameters
    ----------
    name:
        Language, country and character set, such as ``de_DE.UTF-8``.

    """

    kind: ClassVar[str] = "locale"
    stands_alone: ClassVar[bool] = True
    name: str

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Make the locale {self.name}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("package:locales",)

    @classmethod
    def survey(cls, resources: Sequence[Locale], options: RunOptions) -> str:
        del resources, options
        return "locale -a\n"

    @classmethod
    def read(cls, text: str, resources: Sequence[Locale]) -> dict[str, bool]:
        found = {_plain(line) for line in text.splitlines()}
        return {r.key: _plain(r.name) in found for r in resources}

    def desired(self) -> Attributes:
        return {"made": "yes"}

    def observed(self, actual: bool) -> Attributes:  # noqa: FBT001 - the state
        return {"made": yes_or_no(actual)}

    def sentence(self, change: Change, actual: bool) -> str:  # noqa: FBT001 - the state
        del change, actual
        return f"the board does not have the locale {self.name}"

    def steps(
        self,
        actual: bool,  # noqa: FBT001 - the state
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        language, _, charset = self.name.partition(".")
        given = words(["-i", language, "-f", charset, self.name])
        yield Run(f"localedef {given}\n", self.title, seconds=300, joined=True)


def _plain(name: str) -> str:
    """Return a name as `locale -a` prints it: ``UTF-8`` is ``utf8`` there."""
    language, _, charset = name.partition(".")
    return f"{language}.{charset.replace('-', '').lower()}"
