"""The record on a board: what was applied last, and everything that applies have put there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import Field

from jetfleet.resources.applied.kinds import DATA, REMOVABLE
from jetfleet.resources.base import Rollout, Row, Unreadable, read_row

APPLIED = "/var/lib/jetfleet/applied.json"

LARGEST = 1 << 20
"""Bytes of a record that are read."""

READ_RECORD = f"[ ! -f {APPLIED} ] || head -c {LARGEST} {APPLIED}\n"
"""Shell line that prints the record."""

SCHEMA = 2
"""Since 2 it has `put`; a record of schema 1 is read as well."""

MOST_HASHES = 20
"""Contents of one file that are known as jetfleet's."""

Entries = Mapping[str, Mapping[str, Any]]
"""Entries of `put` by the keys of resources; see `Entry`."""


class Entry(Row):
    """A resource that an apply has put on the board, or has begun to put there.

    Parameters
    ----------
    by:
        Files of the deploys that want it, such as ``llm.py``.
    sha256:
        Of a file: hashes of the contents that were written.
    read_by:
        Of a file: services of the board that read it when they start.
    guard:
        Of a file: its removal could cut the board off.
    tag:
        Of an image: the tag that it was given.
    begun:
        No apply that wants it has come to its end yet: it may not be there at all.

    """

    by: list[str] = Field(default_factory=list)
    sha256: list[str] = Field(default_factory=list)
    read_by: list[str] = Field(default_factory=list)
    guard: bool = False
    tag: str = ""
    begun: bool = False


class _Written(Row):
    """The keys of a record."""

    resources: dict[str, str] = Field(default_factory=dict)
    states: dict[str, str] = Field(default_factory=dict)
    models: list[str] = Field(default_factory=list)
    commit: str = ""
    put: dict[str, Entry] = Field(default_factory=dict)
    rollout: str = ""
    attempt: int = 0
    taken_back: str = ""
    taken_commit: str = ""
    holds: list[str] = Field(default_factory=list)


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


def entries_of(record: Mapping[str, Any], deploy: str) -> Entries:
    """Return what applies have put on the board, by key.

    A record of schema 1 does not say which deploy wanted a resource, nor what was written in files:
    all of it counts as wanted by this deploy.
    """
    if "put" in record:
        found: Entries = record["put"]
        return found
    keys = (key for key in record.get("resources", {}) if key.partition(":")[0] in REMOVABLE)
    return {key: {"by": [deploy]} for key in keys}


def begun(entries: Entries, wanted: Mapping[str, str], deploy: str) -> dict[str, dict[str, Any]]:
    """Return the entries as they are before a deploy puts these resources there.

    Parameters
    ----------
    wanted:
        By the keys of the resources, the hash of a file's content and the tag of an image; empty
        for others.

    """
    return {
        **{key: dict(entry) for key, entry in entries.items()},
        **{key: _entry(entries, key, sha, deploy, ended=False) for key, sha in wanted.items()},
    }


def ended(entries: Entries, wanted: Mapping[str, str], deploy: str) -> dict[str, dict[str, Any]]:
    """Return the entries as they are once a deploy has put these resources there.

    What only this deploy wanted before, and wants no more, has gone, images excepted.
    """
    others = (
        (key, {**entry, "by": _without(entry, deploy)})
        for key, entry in entries.items()
        if key not in wanted
    )
    return {
        **{key: entry for key, entry in others if entry["by"] or is_data(key)},
        **{key: _entry(entries, key, sha, deploy, ended=True) for key, sha in wanted.items()},
    }


def covers(entries: Entries, wanted: Mapping[str, str], deploy: str) -> bool:
    """Tell whether these resources are recorded as put there by a deploy that came to its end.

    What a later run has begun and not finished may be recorded beside: nothing of it may be there.
    """
    return all(
        deploy in entry.get("by", ())
        and not entry.get("begun")
        # The announcement of an apply adds the new hash at the end: its own end is still to come,
        # with the commit, even if only the content of a secret file has changed.
        and (not sha or list(entry.get("sha256", ()))[:1] == [sha])
        for key, sha in wanted.items()
        for entry in [entries.get(key, {})]
    )


def recorded(rollout: Rollout) -> dict[str, Any]:
    """Return what a record has of the rollout that has changed it last, or was taken back."""
    if rollout.back:
        return {"taken_back": rollout.id, "taken_commit": rollout.commit}
    return {"rollout": rollout.id, "attempt": rollout.attempt} if rollout.id else {}


def taken_of(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a record has of the rollout that the board was taken back from."""
    return {name: record[name] for name in ("taken_back", "taken_commit") if name in record}


def is_of(record: Mapping[str, Any], rollout: Rollout) -> bool:
    """Tell whether a record is of this attempt of a rollout."""
    return (record.get("rollout"), record.get("attempt")) == (rollout.id, rollout.attempt)


def held(record: Mapping[str, Any], rollout: Rollout) -> dict[str, Any]:
    """Return what a record has of the images and models that a way back needs.

    They are those that the board had before the first attempt of the rollout, as ``image:…`` and
    ``model:NAME/REVISION``. They stay until the board has left the rollout: it is taken back, or
    changed by another run, or by the next rollout, which holds what is there by then.
    """
    if rollout.back or not rollout.id:
        return {}
    if record.get("rollout") == rollout.id:
        return {"holds": record["holds"]} if record.get("holds") else {}
    images = (
        key
        for key, entry in record.get("put", {}).items()
        if key.startswith("image:") and entry.get("by") and not entry.get("begun")
    )
    found = sorted({*images, *(f"model:{one}" for one in record.get("models", ()))})
    return {"holds": found} if found else {}


def is_data(key: str) -> bool:
    """Tell whether a resource holds data, and so stays until a run with `prune`."""
    return key.partition(":")[0] in DATA


def _entry(entries: Entries, key: str, sha: str, deploy: str, *, ended: bool) -> dict[str, Any]:
    before = entries.get(key, {})
    known = before.get("sha256", [])
    # Of a secret that cannot be read here, the file stays as it is, and so does its hash.
    hashes = [sha] if ended and sha else _with_last(known, sha)
    entry: dict[str, Any] = {"by": _with(before.get("by", []), deploy)}
    if is_data(key):
        entry["tag"] = sha or before.get("tag", "")  # of a mount it is empty
    elif hashes:
        entry["sha256"] = hashes
    if not ended and (before.get("begun") or not before):
        entry["begun"] = True
    return entry


def _with_last(hashes: Sequence[str], sha: str) -> list[str]:
    """Return the hashes with another one; of runs that all failed, only the last ones are kept."""
    return [*hashes, *([sha] if sha and sha not in hashes else [])][-MOST_HASHES:]


def _with(listed: Iterable[str], one: str) -> list[str]:
    return sorted({*listed, *([one] if one else [])})


def _without(entry: Mapping[str, Any], deploy: str) -> list[str]:
    return [one for one in entry.get("by", ()) if one != deploy]
