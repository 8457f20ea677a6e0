"""The report of a difference: the two sides, the changes, and notes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from jetfleet.text import format_bytes, format_count

if TYPE_CHECKING:
    from jetfleet.diff.fleet import Difference, Group
    from jetfleet.diff.revision import Revisions


@dataclass(frozen=True)
class Report:
    """The result of one run of `jetfleet diff`."""

    spec: str
    between: Revisions
    difference: Difference
    not_locked: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The two sides, in one line."""
        old = f"{self.between.old} ({self.between.old_commit[:10]})"
        new = self.between.new
        if self.between.new_commit:
            new += f" ({self.between.new_commit[:10]})"
        return f"{self.spec}: {old} against {new}"

    @property
    def verdict(self) -> str:
        """How many hosts change, in a few words."""
        found = self.difference
        if found.same:
            return f"nothing changes on {format_count(found.hosts('same'), 'host')}"
        words = {
            "changed": "changes" if found.hosts("changed") == 1 else "change",
            "added": "new",
            "removed": "no longer in the spec",
            "same": "unchanged",
        }
        counts = ((kind, found.hosts(kind)) for kind in words)  # type: ignore[arg-type]
        return ", ".join(f"{format_count(n, 'host')} {words[kind]}" for kind, n in counts if n)

    def values(self) -> dict[str, Any]:
        """Return all of it as JSON values, see docs/formats.md."""
        between = self.between
        return {
            "schema": 1,
            "spec": self.spec,
            "old": {"revision": between.old, "commit": between.old_commit},
            "new": {"revision": between.new, "commit": between.new_commit or None},
            "same": self.difference.same,
            "not_locked": list(self.not_locked),
            "notes": list(self.notes),
            "groups": [_values(group) for group in self.difference.groups],
        }


def _values(group: Group) -> dict[str, Any]:
    return {
        "kind": group.kind,
        "hosts": list(group.hosts),
        "changes": [
            {
                "resource": row.resource,
                "attribute": row.attribute,
                "change": row.change,
                "have": row.have,
                "want": row.want,
                "diff": list(row.diff),
            }
            for row in group.rows
        ],
        **{name: _listed(value) for name, value in asdict(group.effect).items()},
    }


def _listed(value: object) -> object:
    return list(value) if isinstance(value, tuple) else value


def heading(group: Group) -> str:
    """Return the heading of a group, such as ``12 hosts: the same 3 changes``."""
    hosts, count = format_count(len(group.hosts), "host"), len(group.rows)
    if group.kind == "same":
        return f"{hosts}: nothing changes"
    if group.kind == "removed":
        return f"{hosts}: no longer in the spec; what is on them stays"
    same = "the same " if len(group.hosts) > 1 else ""
    if group.kind == "added":
        return f"{hosts}: new, with {same}{format_count(count, 'resource')}"
    return f"{hosts}: {same}{format_count(count, 'change')}"


def effects(group: Group) -> list[str]:
    """Return a line for each effect of a group's changes on its hosts."""
    found, said = group.effect, []
    if found.refused:
        said.append(f"refused until it is flashed: {found.refused}")
    if found.stops:
        said.append(f"stops {', '.join(found.stops)} for good")
    if found.restarts:
        said.append(f"restarts {', '.join(found.restarts)}")
    if found.starts:
        said.append(f"starts {', '.join(found.starts)}")
    if found.reboot:
        word = {"needed": "a reboot is needed", "perhaps": "a reboot may be needed"}
        said.append(word[found.reboot])
    if found.fetch:
        said.append(f"fetches {format_bytes(found.fetch)}")
    return said
