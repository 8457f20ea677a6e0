"""Items of lists in daemon.json: those that jetfleet has put there, and those of others.

A board has a file of the items that jetfleet has put there. An item that was there before is not
among them, also if the spec has it. The record of what was applied cannot say so: it has hashes,
and it is written once the whole apply has come to its end.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

from jetfleet.resources.daemon.merge import ABSENT, KeyPath, same
from jetfleet.text import UnreadableJson, read_object

ITEMS = "/var/lib/jetfleet/docker-items.json"

SHARED = frozenset(
    {
        "allow-nondistributable-artifacts", "authorization-plugins", "cdi-spec-dirs",
        "default-address-pools", "dns", "dns-opts", "dns-search", "insecure-registries",
        "registry-mirrors",
    }
)  # fmt: skip
"""Lists whose items stand for themselves. Of other lists, such as ``exec-opts``, one item can
contradict another: the spec has all of them."""

Items = Mapping[str, Sequence[Any]]
"""Items of lists at the top of daemon.json, by key."""


def read_items(text: str | None) -> Items:
    """Return the items that a board's file names; none of a file that is absent or damaged."""
    try:
        found = read_object(text or "{}")
    except UnreadableJson:
        return {}
    return {key: listed for key, listed in found.items() if _is_list(listed)}


def managed(path: KeyPath, have: Any, want: Any, put: Items) -> Any:  # noqa: ANN401
    """Return the part of a value that is compared: of a shared list, without items of others."""
    key = path[0]
    if len(path) > 1 or key not in SHARED or not _is_list(have):
        return have
    ours = [*(want if _is_list(want) else ()), *put.get(key, ())]
    return [one for one in have if _has(key, ours, one)] or ABSENT


def left(
    have: Mapping[str, Any], wanted: Mapping[str, Any], put: Items
) -> Iterator[tuple[str, list[Any]]]:
    """Yield the keys that have left the spec, each with the items of jetfleet that it still has."""
    for key in sorted({*put} - {*wanted}):
        listed = have.get(key)
        ours = [one for one in listed if _has(key, put[key], one)] if _is_list(listed) else []
        if ours:
            yield key, ours


def settle(
    settings: Mapping[str, Any], have: Mapping[str, Any], wanted: Mapping[str, Any], put: Items
) -> dict[str, Any]:
    """Return merged settings whose shared lists keep what others have put there.

    Items of keys that have left the spec are taken out, and a list that is empty then as well.
    """
    settled = dict(settings)
    for key in SHARED & set(wanted):
        listed, want = have.get(key), wanted[key]
        if _is_list(listed) and _is_list(want):
            others = [one for one in _rest(key, listed, put) if not _has(key, want, one)]
            as_wanted = same((key,), managed((key,), listed, want, put), want)
            settled[key] = listed if as_wanted else [*want, *others]
    for key, _ in left(have, wanted, put):
        rest = _rest(key, have[key], put)
        settled.pop(key)
        if rest:
            settled[key] = rest
    return settled


def without_others(
    settings: Mapping[str, Any], wanted: Mapping[str, Any], put: Items
) -> dict[str, Any]:
    """Return settings whose shared lists have only items of the spec and of jetfleet."""
    found = ((key, managed((key,), one, wanted.get(key), put)) for key, one in settings.items())
    return {key: one for key, one in found if one is not ABSENT}


def put_by(have: Mapping[str, Any], wanted: Mapping[str, Any], put: Items) -> Items:
    """Return the items that are jetfleet's once daemon.json has these settings."""
    ours = {}
    for key, want in wanted.items():
        if _is_list(want):
            found = have.get(key)
            others = _rest(key, found, put) if _is_list(found) else []
            ours[key] = [one for one in want if not _has(key, others, one)]
    return {key: listed for key, listed in ours.items() if listed}


def both(one: Items, other: Items) -> Items:
    """Return the items of two."""
    return {
        key: [*one.get(key, ()), *(i for i in other.get(key, ()) if i not in one.get(key, ()))]
        for key in sorted({*one, *other})
    }


def items_job(before: Items, after: Items) -> Mapping[str, str] | None:
    """Return the job that notes items, before daemon.json is written and afterwards."""
    if not before and not after:
        return None
    texts = [json.dumps(one, sort_keys=True, ensure_ascii=False) for one in (before, after)]
    return {"path": ITEMS, "before": texts[0], "after": texts[1]}


def _is_list(found: object) -> TypeGuard[list[Any]]:
    return isinstance(found, list)


def _rest(key: str, listed: Iterable[Any], put: Items) -> list[Any]:
    return [one for one in listed if not _has(key, put.get(key, ()), one)]


def _has(key: str, listed: Iterable[Any], item: object) -> bool:
    return any(same((key, ""), one, item) for one in listed)
