"""Certificates of authorities that the programs of a board trust."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from jetfleet.resources.base import Attributes, Change, Resource, RunOptions, yes_or_no
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Sequence

FOLDER = "/usr/local/share/ca-certificates"
_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


@dataclass(frozen=True)
class Trust(Resource[bool]):
    """A certificate is in the bundle that programs read; the state is whether it is.

    Parameters
    ----------
    name:
        Name of its file in `FOLDER`, without ``.crt``.
    line:
        A line of its base64 that no other certificate has.

    """

    kind: ClassVar[str] = "trust"
    stands_alone: ClassVar[bool] = True
    name: str
    line: str

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Trust the certificate {self.name}"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return (f"file:{FOLDER}/{self.name}.crt",)

    @classmethod
    def survey(cls, resources: Sequence[Trust], options: RunOptions) -> str:
        del options
        lines = words(f"-e{r.line}" for r in resources)
        return f"grep -Fx {lines} -- {_BUNDLE} | sort -u || true\n"

    @classmethod
    def read(cls, text: str, resources: Sequence[Trust]) -> dict[str, bool]:
        found = set(text.splitlines())
        return {r.key: r.line in found for r in resources}

    def desired(self) -> Attributes:
        return {"trusted": "yes"}

    def observed(self, actual: bool) -> Attributes:  # noqa: FBT001 - the state
        return {"trusted": yes_or_no(actual)}

    def sentence(self, change: Change, actual: bool) -> str:  # noqa: FBT001 - the state
        del change, actual
        return f"programs of the board do not trust the certificate {self.name}"

    def steps(
        self,
        actual: bool,  # noqa: FBT001 - the state
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        yield Run("update-ca-certificates >/dev/null\n", self.title, joined=True)
