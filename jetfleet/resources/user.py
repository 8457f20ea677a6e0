"""A user of a board, with groups and keys that may log in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from jetfleet.resources.base import (
    ABSENT,
    Attributes,
    Change,
    Resource,
    Row,
    RunOptions,
    Unreadable,
    constant,
    read_row,
)
from jetfleet.spec.secret import unreadable_in
from jetfleet.steps import LinkResolver, Refused, Run, Steps
from jetfleet.steps.program import run_program
from jetfleet.text import format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROGRAM = ("place.py", "accounts.py")
_SECONDS = 15


_CLOSED = "closed"
"""Home, .ssh and authorized_keys of a user are theirs, and no one else may write there."""


class UserState(Row):
    """How a board has a user.

    `groups` are those of the wanted groups that it is in, `missing` is how many of the wanted keys
    may not log in, `open` are paths for which sshd ignores its keys, and `unsafe` is why its keys
    cannot be read.
    """

    name: str
    exists: bool
    shell: str = ""
    groups: tuple[str, ...] = ()
    missing: int = Field(default=0, ge=0)
    open: tuple[str, ...] = ()
    unsafe: str = ""


@dataclass(frozen=True)
class User(Resource[UserState]):
    """A user exists, is in these groups, and these keys may log in; nothing is taken from it.

    Parameters
    ----------
    groups:
        Names of groups; ``docker`` is as much as root.
    keys:
        Lines of authorized_keys; a stand-in of `jetfleet.spec.secret.unreadable` is refused.
    shell:
        Path of its login shell; empty: it stays as it is.

    """

    kind: ClassVar[str] = "user"
    chief: ClassVar[tuple[str, ...]] = ("account",)
    name: str
    groups: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    shell: str = ""

    @property
    def id(self) -> str:
        return self.name

    @property
    def title(self) -> str:
        return f"Set up the user {self.name}"

    @property
    def job(self) -> dict[str, Any]:
        """What the program on the board needs to know of it."""
        return {
            "name": self.name,
            "groups": list(self.groups),
            "keys": list(self.keys),
            "shell": self.shell,
        }

    @classmethod
    def survey(cls, resources: Sequence[User], options: RunOptions) -> str:
        del options
        return run_program(*_PROGRAM, job={"read": [r.job for r in resources]}, seconds=_SECONDS)

    @classmethod
    def read(cls, text: str, resources: Sequence[User]) -> dict[str, UserState]:
        states = {}
        for line in text.splitlines():
            state = read_row(UserState, line, "a user")
            states[state.name] = state
        missing = [r.name for r in resources if r.name not in states]
        if missing:
            raise Unreadable(f"the board says nothing of the user {missing[0]}")
        return {r.key: states[r.name] for r in resources}

    def desired(self) -> Attributes:
        shell = {"shell": self.shell} if self.shell else {}
        return {
            "account": constant("present"),
            "groups": ", ".join(sorted(self.groups)),
            "keys": f"{len(self.keys)} of {len(self.keys)}",
            "modes": constant(_CLOSED),
            **shell,
        }

    def observed(self, actual: UserState) -> Attributes:
        if not actual.exists:
            return {"account": ABSENT}
        there = max(0, len(self.keys) - actual.missing)
        shell = {"shell": actual.shell} if self.shell else {}
        return {
            "account": "present",
            "groups": ", ".join(sorted(set(self.groups) & set(actual.groups))),
            "keys": f"{there} of {len(self.keys)}",
            "modes": f"open: {', '.join(actual.open)}" if actual.open else _CLOSED,
            **shell,
        }

    def refuse(self, actual: UserState, options: RunOptions) -> None:
        del options
        unreadable = unreadable_in("".join(self.keys))
        if unreadable:
            raise Refused(unreadable)
        if actual.unsafe:
            raise Refused(f"the keys of {self.name} cannot be read: {actual.unsafe}")

    def sentence(self, change: Change, actual: UserState) -> str:
        if change.attribute == "groups":
            lacks = ", ".join(sorted(set(self.groups) - set(actual.groups)))
            return f"{self.name} is not in {lacks}; it counts from the next login on"
        paths = " and ".join(actual.open)
        sentences = {
            "account": f"the board has no user {self.name}",
            "keys": f"{format_count(actual.missing, 'key')} of {self.name} may not log in",
            "modes": f"sshd ignores the keys of {self.name}: others may write {paths}",
        }
        return sentences.get(change.attribute) or super().sentence(change, actual)

    def steps(
        self,
        actual: UserState,
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        yield Run(run_program(*_PROGRAM, job={"change": self.job}), self.title, joined=True)
