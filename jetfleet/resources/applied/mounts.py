"""Mounts that jetfleet has put into /etc/fstab and the spec no longer has, and what uses them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.resources.filesystem.filesystem import DEVICE_TIMEOUT
from jetfleet.steps.shell import ENGINE_RUNS

if TYPE_CHECKING:
    from collections.abc import Iterable

SURVEY = f"""findmnt -nro TARGET | sed 's/^/mounted /'
sed 's/^/fstab /' /etc/fstab
awk 'NR > 1 {{ print "uses", $1 }}' /proc/swaps
sed -n 's/.*"data-root"[^"]*"\\([^"]*\\)".*/uses \\1/p' /etc/docker/daemon.json 2>/dev/null
if {ENGINE_RUNS}; then
  docker ps -aq | xargs -r docker container inspect -f '{{{{range .Mounts}}}}uses {{{{.Source}}}}
{{{{end}}}}'
fi
"""
"""Shell text that prints the mounts of a board, and paths that its swap and its engine use."""

_OPTIONS = 3


@dataclass(frozen=True)
class Mounts:
    """Mount points of a board.

    Parameters
    ----------
    ours:
        Those with a line of /etc/fstab that has an option which jetfleet writes.
    mounted:
        All mount points, now and at the next boot.
    uses:
        Paths that swap, Docker and its containers use.

    """

    ours: frozenset[str]
    mounted: frozenset[str]
    uses: frozenset[str]

    def user(self, path: str, others: Iterable[str] = ()) -> str:
        """Return a path on a mount that is in use, or is one of the others; empty without one."""
        on = [one for one in (*self.uses, *others) if f"{one}/".startswith(f"{path}/")]
        below = [one for one in self.mounted if one.startswith(f"{path}/")]
        return min([*on, *below], default="")


def read_mounts(lines: Iterable[str]) -> Mounts | None:
    """Return what `SURVEY` printed; None if it printed no mount point."""
    ours: set[str] = set()
    mounted: set[str] = set()
    uses: set[str] = set()
    for line in lines:
        word, _, rest = line.partition(" ")
        fields = rest.split()
        if word == "mounted":
            mounted.add(rest)
        elif word == "uses" and rest.startswith("/"):
            uses.add(rest)
        elif word == "fstab" and len(fields) > _OPTIONS and not rest.startswith("#"):
            mounted.add(fields[1])
            uses |= {fields[0]} if fields[0].startswith("/") else set()
            ours |= {fields[1]} if DEVICE_TIMEOUT in fields[_OPTIONS].split(",") else set()
    return Mounts(frozenset(ours), frozenset(mounted), frozenset(uses)) if mounted else None
