"""The memory that the start of a service finds on a board, beside what other programs hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from jetfleet.text import format_bytes, read_count

if TYPE_CHECKING:
    from collections.abc import Iterable

FREE_MEMORY = """sed -n 's/^MemAvailable: */available /p' /proc/meminfo
for file in /etc/jetfleet/*/ready.json; do [ ! -f "$file" ] || echo "installed $file"; done"""
"""Shell script that prints the available memory in KiB, and the services on the board."""

_DOWN = frozenset({"inactive", "failed"})


class Starting(NamedTuple):
    """A service: its unit's ActiveState, and the bytes that it needs at its start."""

    name: str
    active: str
    needs: int


def memory_at_starts(text: str, services: Iterable[Starting]) -> dict[str, int]:
    """Return the bytes that the start of each service would find, by its name.

    A service that is not down is left out: it holds memory that its restart gives back. All are
    left out if the board has another service of jetfleet, which may end before they start.

    Parameters
    ----------
    text:
        What `FREE_MEMORY` printed, among other lines.
    services:
        In the order of their starts.

    """
    known = list(services)
    lines = text.splitlines()
    installed = {line.split("/")[-2] for line in lines if line.startswith("installed /etc/")}
    sizes = [line.split()[1:2] for line in lines if line.startswith("available ")]
    if not sizes or not sizes[0] or installed - {service.name for service in known}:
        return {}
    left = read_count(sizes[0][0]) * 1024
    found = {}
    for service in known:
        if service.active in _DOWN:
            found[service.name] = max(left, 0)
            left -= service.needs
    return found


def too_little(name: str, needed: int, available: int) -> str:
    """Return the sentence for a service that may not get the memory that it needs."""
    return (
        f"{name} needs about {format_bytes(needed)} of memory at its start, and "
        f"{format_bytes(available)} are available now: end what holds the rest, such as another "
        "server or the desktop (`ps -eo rss,args --sort=-rss | head`), or let it take less"
    )
