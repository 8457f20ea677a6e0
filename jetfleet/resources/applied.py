"""What was last applied to a board, kept on the board and written last."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.resources.resource import Change, Resource, RunOptions
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.shell import write_file

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

APPLIED = "/var/lib/jetfleet/applied.json"


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
        return f"cat {APPLIED} 2>/dev/null || true\n"

    @classmethod
    def read(cls, text: str, resources: Sequence[Applied]) -> dict[str, Mapping[str, Any]]:
        try:
            record = json.loads(text) if text.strip() else {}
        except json.JSONDecodeError:
            record = {}
        return {r.key: record for r in resources}

    def compare(self, actual: Mapping[str, Any], options: RunOptions) -> list[Change]:
        del options
        have, want = actual.get("resources"), dict(self.resources)
        same = actual.get("states", {}) == dict(self.states)
        if have == want and same and actual.get("models") == list(self.models):
            return []
        known = "another state" if isinstance(have, dict) else "nothing"
        return [Change("record", known, "this state", "this state was not applied before")]

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
