"""Checks of a rollout file against the spec that it names."""

from __future__ import annotations

import fnmatch
from dataclasses import replace
from typing import TYPE_CHECKING

from jetfleet.rollout.spec.gate import DEFAULT_GATES
from jetfleet.spec.limit import groups_of
from jetfleet.spec.problem import Problem
from jetfleet.spec.translate import unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jetfleet.rollout.spec.document import RolloutFile
    from jetfleet.spec.load import Spec
    from jetfleet.spec.tree import Value

_GROUP = "group:"
_SHOWN = 20
"""Names that are shown of a large fleet."""


def selected(spec: Spec, words: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the hosts that selectors mean, each once, in the spec's order."""
    meant = {name for word in words for name in _meant(spec, word)}
    return tuple(host.name for host in spec.hosts if host.name in meant)


def check_rollout(root: Value, file: RolloutFile, spec: Spec) -> Iterator[Problem]:
    """Yield what is wrong with a valid file for this spec: names it does not have, and gaps."""
    yield from _unknown_selectors(root, spec)
    yield from _unknown_gates(root, file)
    yield from _unknown_services(root, file, spec)
    yield from _waves(root, file, spec)
    yield from _sites(root, file, spec)


def _meant(spec: Spec, word: str) -> tuple[str, ...]:
    if word.startswith(_GROUP):
        return groups_of(spec).get(word.removeprefix(_GROUP), ())
    names = (host.name for host in spec.hosts)
    return tuple(name for name in names if fnmatch.fnmatchcase(name, word))


def at(root: Value, *path: str | int) -> Value:
    """Return the value at a path of the file, or the nearest written one around it."""
    for step in path:
        items = dict(root.items())
        if step not in items:
            return root
        root = items[step]
    return root


def _selectors(root: Value) -> Iterator[Value]:
    """Yield the values of the file that select hosts, those of shares left out."""
    for wave in dict(at(root, "waves").items()).values():
        hosts = wave.children.get("hosts")
        if hosts is not None and not hosts.children:
            yield hosts
        named = hosts.children.get("named") if hosts else None
        if named is not None:
            yield named
    if "never_first" in root.children:
        yield root.children["never_first"]
    sites = root.children.get("sites")
    for site in sites.children.values() if sites else ():
        if "hosts" in site.children:
            yield site.children["hosts"]


def _unknown_selectors(root: Value, spec: Spec) -> Iterator[Problem]:
    for value in _selectors(root):
        for one in [item for _, item in value.items()] or [value]:
            word = one.data
            if isinstance(word, str) and not word.rstrip(" %").isdigit():
                yield from _unknown_word(one, word, spec)
    limits = at(root, "limits", "down_at_once")
    if limits.written.path == ("limits", "down_at_once"):
        for word, one in limits.children.items():
            yield from _unknown_word(one, word, spec)


def _unknown_word(value: Value, word: str, spec: Spec) -> Iterator[Problem]:
    if _meant(spec, word):
        return
    hosts = [host.name for host in spec.hosts]
    if word.startswith(_GROUP):
        known = [_GROUP + name for name in sorted(groups_of(spec))]
        yield unknown(value, "group", known, word)
    elif word in groups_of(spec):
        yield Problem(
            value.written.place, value.written.key, f'"{word}", which is a group',
            "a host, or a group by group:NAME", f"write {_GROUP}{word}",
        )  # fmt: skip
    else:
        yield _unknown_host(value, hosts, word)


def _unknown_host(value: Value, hosts: list[str], word: str) -> Problem:
    """Return the problem of an unknown host; of a large fleet not all names are listed."""
    problem = unknown(value, "host", hosts, word)
    if len(hosts) <= _SHOWN:
        return problem
    more = f"one of {', '.join(hosts[:_SHOWN])} and {len(hosts) - _SHOWN} more"
    return replace(problem, expected=more)


def _unknown_gates(root: Value, file: RolloutFile) -> Iterator[Problem]:
    known = sorted({**DEFAULT_GATES, **file.gates})
    for number, wave in enumerate(file.waves):
        if wave.gate not in known:
            yield unknown(at(root, "waves", number, "gate"), "gate", known, wave.gate)


def _unknown_services(root: Value, file: RolloutFile, spec: Spec) -> Iterator[Problem]:
    known = sorted({one.name for host in spec.hosts for one in host.services})
    for name, gates in file.gates.items():
        for number, gate in enumerate(gates):
            service = gate.settings.get("service")
            if service is not None and service not in known:
                where = at(root, "gates", name, number, gate.name, "service")
                yield unknown(where, "service", known, service)


def _waves(root: Value, file: RolloutFile, spec: Spec) -> Iterator[Problem]:
    seen: set[str] = set()
    left = {host.name for host in spec.hosts}
    for number, wave in enumerate(file.waves):
        if wave.name in seen:
            where = at(root, "waves", number, "name").written
            found = f'the name "{wave.name}" a second time'
            yield Problem(where.place, where.key, found, "a name of its own", "rename the wave")
        seen.add(wave.name)
        left -= set(selected(spec, wave.hosts.named))
    where = at(root, "waves").written
    if left and file.waves[-1].hosts.share != "100%":
        example = min(left)
        yield Problem(
            where.place, "waves", f"waves that may leave out hosts, such as {example}",
            "a last wave with hosts: 100%",
            "add {name: rest, hosts: 100%} to the end, which takes what is left",
        )  # fmt: skip
    never = set(selected(spec, file.never_first))
    if never and never >= {host.name for host in spec.hosts}:
        where = at(root, "never_first").written
        found = "every host of the spec"
        yield Problem(where.place, where.key, found, "at least one host that may be first",
                      "take a host or a group out of it")  # fmt: skip


def _sites(root: Value, file: RolloutFile, spec: Spec) -> Iterator[Problem]:
    of: dict[str, str] = {}
    for name, site in file.sites.items():
        for host in selected(spec, site.hosts):
            if host in of:
                where = at(root, "sites", name, "hosts").written
                found = f"{host}, which is in the site {of[host]} too"
                remedy = "leave it in one of the two"
                yield Problem(where.place, where.key, found, "each host in one site", remedy)
            of.setdefault(host, name)
