"""What was last applied to a board, kept on the board and written last."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from jetfleet.resources.applied.record import (
    APPLIED,
    READ_RECORD,
    SCHEMA,
    begun,
    covers,
    ended,
    entries_of,
    held,
    is_of,
    read_record,
    recorded,
    taken_of,
)
from jetfleet.resources.base import (
    NO_ROLLOUT,
    Attribute,
    Attributes,
    Change,
    Resource,
    Rollout,
    RunOptions,
)
from jetfleet.steps import LinkResolver, Run, Steps
from jetfleet.steps.write_file import write_file
from jetfleet.text import printable

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence


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
    put:
        Key of each resource that jetfleet removes once the spec no longer has it; of a file, with
        the hash of its content.
    readers:
        Key of each file that services of the board read when they start, with their names.
    guarded:
        Keys of files whose removal could cut the board off.
    data:
        Key of each image, with its tag, and of each mount; what was on the board before an apply
        is never removed.
    deploy:
        File of the deploy that wants them.
    brings:
        Whether a run only brings images and models, which it notes: the record stays as it is.
    removes:
        Whether an apply removes what the deploy no longer wants; else its entries stay.

    """

    kind: ClassVar[str] = "applied"
    resources: tuple[tuple[str, str], ...]
    models: tuple[str, ...]
    commit: str = ""
    states: tuple[tuple[str, str], ...] = ()
    put: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    readers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    guarded: tuple[str, ...] = ()
    data: tuple[tuple[str, str], ...] = ()
    deploy: str = ""
    removes: bool = True
    brings: bool = False

    @property
    def id(self) -> str:
        return "record"

    @property
    def title(self) -> str:
        return f"Record what was applied ({APPLIED})"

    @property
    def depends_on(self) -> tuple[str, ...]:
        return ("removal:*",)

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
        noted = self._entries({})
        return {"record": _record(dict(self.resources), states, models, noted, "this state")}

    def observed(self, actual: Mapping[str, Any]) -> Attributes:
        resources = actual.get("resources")
        entries = actual.get("put", {})
        # The hashes of files with secrets are among them: they are compared, and never shown.
        is_noted = covers(entries, dict(self.put), self.deploy)
        noted = self._entries({}) if is_noted else entries
        states, models = actual.get("states", {}), actual.get("models")
        text = "another state" if isinstance(resources, dict) else "nothing"
        return {"record": _record(resources, states, models, noted, text)}

    def _entries(self, actual: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Return what the record of a board says of what was put there, once this is recorded."""
        entries = entries_of(actual, self.deploy)
        wanted = {**dict(self.put), **{key: tag for key, tag in self.data if key in entries}}
        kept = {} if self.removes else entries
        return self._with_readers({**kept, **ended(entries, wanted, self.deploy)})

    def _with_readers(self, entries: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
        """Return entries with what else their removal needs to know of the files of this deploy."""
        readers = dict(self.readers)
        return {
            key: {
                **one,
                **({"read_by": list(readers[key])} if key in readers else {}),
                **({"guard": True} if key in self.guarded else {}),
            }
            for key, one in entries.items()
        }

    def compare(self, actual: Mapping[str, Any], options: RunOptions) -> list[Change]:
        return [] if self.brings else super().compare(actual, options)

    def announcement(
        self,
        actual: Mapping[str, Any],
        new: Collection[str] = (),
        rollout: Rollout = NO_ROLLOUT,
    ) -> str:
        """Script that records what this run will put there; empty if all of it is recorded.

        A run of a rollout records that too: when the rollout is resumed, the board knows it.

        It runs before anything else, so that what a run leaves that dies in the middle is known to
        the next one. `new` has the keys of images and mounts that are not on the board yet, see
        `data`.
        """
        before = entries_of(actual, self.deploy)
        mine = {key: tag for key, tag in self.data if key in before or key in new}
        entries = self._with_readers(begun(before, {**dict(self.put), **mine}, self.deploy))
        # Until it is taken back, a board is of the rollout.
        stays = rollout.back or not rollout.id or is_of(actual, rollout)
        if entries == actual.get("put", {}) and stays:
            return ""
        # Only a rollout, which has a block and gates of its own, brings back what was taken back.
        of_rollouts = set() if rollout.back else {"rollout", "attempt", "holds"}
        of_rollouts |= {"taken_back", "taken_commit"} if rollout.id and not rollout.back else set()
        rest = {key: value for key, value in actual.items() if key not in of_rollouts}
        rollout = NO_ROLLOUT if rollout.back else rollout
        of_this = {**recorded(rollout), **held(actual, rollout)}
        return _write({**rest, "schema": SCHEMA, "put": entries, **of_this})

    def taken_back(self, actual: Mapping[str, Any]) -> str:
        """Return why this commit is not applied to the board; empty if nothing is against it."""
        if not self.commit or self.brings or actual.get("taken_commit") != self.commit:
            return ""
        return (
            f"the rollout {str(actual.get('taken_back'))[:64]} has taken the commit "
            f"{self.commit[:12]} back from this board: change the spec, or roll it out again with "
            "`jetfleet rollout start --again` and the reason (of pyinfra: `--data again=REASON`)"
        )

    def notes(self, actual: Mapping[str, Any]) -> Sequence[str]:
        taken = self.taken_back(actual)
        return (printable(taken),) if taken else ()

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
        del changes, resolver
        record = {
            "schema": SCHEMA,
            "commit": self.commit,
            "models": list(self.models),
            "resources": dict(self.resources),
            "states": dict(self.states),
            "put": self._entries(actual),
            **({} if options.rollout.id or options.again else taken_of(actual)),
            **recorded(options.rollout),
            **held(actual, options.rollout),
        }
        yield Run(_write(record), self.title, joined=True)


def _write(record: Mapping[str, Any]) -> str:
    text = json.dumps(record, sort_keys=True, ensure_ascii=False)
    return write_file(APPLIED, text + "\n", mode="600")


def _record(
    resources: object, states: object, models: object, entries: object, text: str
) -> Attribute:
    value = {"resources": resources, "states": states, "models": models}
    return Attribute(value, text, beside=entries)
