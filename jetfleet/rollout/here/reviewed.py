"""What was reviewed of a rollout: for each host what changes on it, and what leads back."""

from __future__ import annotations

import hashlib
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from jetfleet.errors import FleetError
from jetfleet.events.state import State
from jetfleet.events.text import Name
from jetfleet.text import format_json

if TYPE_CHECKING:
    from pathlib import Path


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, defer_build=True)


class HostReview(_Frozen):
    """What was reviewed of one host.

    Parameters
    ----------
    state, reason:
        As in its plan.
    desired:
        Hash of what the spec wants on it: a rollout brings nothing else.
    resources:
        Keys of what changes; None of a host that was not reached, of which all may change.
    internet, lan:
        Bytes that it fetches.
    before:
        Commit that its record names: the way back. Empty without one.
    no_way_back:
        Why it cannot be brought back; empty if it can, or if nothing changes on it.
    taken_back:
        Whether a rollout has taken this very commit back from it before.

    """

    host: Name
    state: State
    reason: Name = ""
    desired: str = ""
    resources: tuple[Name, ...] | None = None
    internet: int = 0
    lan: int = 0
    before: Name = ""
    no_way_back: Name = ""
    taken_back: bool = False


class Reviewed(_Frozen):
    """What a rollout brings, as a person has seen it; its hash names it.

    Parameters
    ----------
    spec, deploy, folder:
        The spec, its deploy and where pyinfra runs, below the root of the clone; outside of one,
        whole paths.
    commit:
        Of the spec; empty outside of a repository.
    data:
        Options of its runs, as pyinfra's ``--data``.

    """

    schema_: Literal[1] = Field(default=1, alias="schema")
    made: Name
    spec: str
    deploy: str
    folder: str = ""
    commit: Name = ""
    data: tuple[str, ...] = ()
    hosts: tuple[HostReview, ...]

    def json_text(self) -> str:
        """Return it as JSON, documented in docs/formats.md."""
        return format_json(self.model_dump(by_alias=True)) + "\n"

    @cached_property
    def sha256(self) -> str:
        """Hash of its JSON: what a rollout and its tasks name as their plan."""
        return hashlib.sha256(self.json_text().encode()).hexdigest()

    @cached_property
    def by_host(self) -> dict[str, HostReview]:
        """Return the hosts by name."""
        return {one.host: one for one in self.hosts}


def read_reviewed(path: Path) -> Reviewed:
    """Return what a file holds; `FleetError` if it cannot be read."""
    try:
        return Reviewed.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise FleetError(
            f"{path} is not the plan of a rollout of this jetfleet: make one with "
            "`jetfleet rollout plan`"
        ) from error
