"""What was last applied to a board, kept on the board and written last."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import Field

from jetfleet.resources.base import (
    Attribute,
    Attributes,
    Change,
    Resource,
    Row,
    RunOptions,
    Unreadable,
    read_row,
)
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.write_file import write_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

APPLIED = "/var/lib/jetfleet/applied.json"

LARGEST = 1 << 20
"""Bytes of a record that are read."""

READ_RECORD = f"[ ! -f {APPLIED} ] || head -c {LARGEST} {APPLIED}\n"
"""Shell line that prints the record."""


@dataclass(frozen=True)
class Applied(Resource["Mapping[str, Any]"]):
    """The board knows which resources, in which state, were applied last.

    Parameters
    ----------
    resources:
        Key and hash of each desired state.
    states:
        Key and hash of what a survey finds of it when it is so, where that can be said.
    models:
        The models as ``name/revision``.
    commit:
        Of the spec's repository, for people; another commit alone is no change.

    """

    kind: ClassVar[str] = "applied"
    resources: tuple[tuple[str, str], ...]
    models: tuple[str, ...]
    commit: str = ""
    states: tuple[tuple[str, str], ...] = ()

    @property
    def id(self) -> str:
        return "record"

    @property
    def title(self) -> str:
        return f"Record what was applied ({APPLIED})"

    @classmethod
    def survey(cls, resources: Sequence[Applied], options: RunOptions) -> str:
        del resources, options
        return READ_RECORD

    @classmethod
    def read(cls, text: str, resources: Sequence[Applied]) -> dict[str, Mapping[str, Any]]:
        known = read_record(text) or {}
        return {r.key: known for r in resources}

    def desired(self) -> Attributes:
        states, models = dict(self.states), list(self.models)
        return {"record": _record(dict(self.resources), states, models, "this state")}

    def observed(self, actual: Mapping[str, Any]) -> Attributes:
        resources = actual.get("resources")
        text = "another state" if isinstance(resources, dict) else "nothing"
        return {"record": _record(resources, actual.get("states", {}), actual.get("models"), text)}

    def sentence(self, change: Change, actual: Mapping[str, Any]) -> str:
        del change, actual
        return "this state was not applied before"

    def steps(
        self,
        actual: Mapping[str, Any],
        changes: Sequence[Change],
        options: RunOptions,
        resolver: LinkResolver,
    ) -> Steps:
        del actual, changes, options, resolver
        record = {
            "schema": 1,
            "commit": self.commit,
            "models": list(self.models),
            "resources": dict(self.resources),
            "states": dict(self.states),
        }
        text = json.dumps(record, sort_keys=True, ensure_ascii=False)
        yield Run(write_file(APPLIED, text + "\n", mode="600"), self.title)


class _Written(Row):
    """The keys of a record."""

    resources: dict[str, str] = Field(default_factory=dict)
    states: dict[str, str] = Field(default_factory=dict)
    models: list[str] = Field(default_factory=list)
    commit: str = ""


def read_record(text: str) -> dict[str, Any] | None:
    """Return the keys that a board's record has; None if it cannot be read.

    A board without a record has an empty one. A record that cannot be read is written again by the
    next apply.
    """
    if not text.strip():
        return {}
    try:
        return read_row(_Written, text, "what was applied").model_dump(exclude_unset=True)
    except Unreadable:
        return None


def _record(resources: object, states: object, models: object, text: str) -> Attribute:
    return Attribute({"resources": resources, "states": states, "models": models}, text)
