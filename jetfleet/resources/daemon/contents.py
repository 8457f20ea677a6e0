"""What a Docker engine holds that jetfleet did not make: containers, volumes, images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.resources.base.row import Row, read_row
from jetfleet.text import format_bytes, format_count, read_count

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MOST = 5
"""Names in a note."""
_LONGEST = 64
"""Characters of a name: those of a volume without one of its own."""


class Container(Row):
    """A container that jetfleet did not make.

    Parameters
    ----------
    removed:
        Docker removes it when it stops.

    """

    name: str
    running: bool
    removed: bool = False

    @property
    def shown(self) -> str:
        """Its name without Docker's slash."""
        return self.name.lstrip("/")


@dataclass(frozen=True)
class Contents:
    """What an engine holds.

    Parameters
    ----------
    volumes, images:
        Names, and bytes of each; empty while the engine's folder stays where it is.

    """

    containers: tuple[Container, ...] = ()
    volumes: tuple[str, ...] = ()
    images: tuple[int, ...] = ()


def read_contents(text: str) -> Contents:
    """Return what the survey printed of containers, volumes and images."""
    containers, volumes, images = [], [], []
    for line in text.splitlines():
        word, _, rest = line.partition(" ")
        if line.startswith("{"):
            containers.append(read_row(Container, line, "a container"))
        elif word == "volume":
            volumes.append(rest)
        elif word == "image":
            images.append(read_count(rest))
    return Contents(tuple(containers), tuple(volumes), tuple(images))


def consequences(contents: Contents, old: str, *, hidden: bool, kept: bool) -> tuple[str, ...]:
    """Return what a restart of the engine does to what jetfleet did not make.

    Parameters
    ----------
    old:
        The folder that the engine uses now.
    hidden:
        Whether it will use another one.
    kept:
        Whether containers run on without the daemon (`live-restore`).

    """
    if hidden:
        return tuple(_moved(contents, old))
    return () if kept else tuple(_restarted(contents))


def _restarted(contents: Contents) -> Iterator[str]:
    """Yield what a restart of the engine does to its running containers."""
    back = [one.shown for one in contents.containers if one.running and not one.removed]
    removed = [one.shown for one in contents.containers if one.running and one.removed]
    if back:
        yield f"Docker restarts: these containers stop and are started again: {_names(back)}"
    if removed:
        yield f"Docker restarts: {_removed(removed)}"


def _moved(contents: Contents, old: str) -> Iterator[str]:
    """Yield what is no longer in the engine once it keeps its data elsewhere."""
    running = [one.shown for one in contents.containers if one.running and not one.removed]
    removed = [one.shown for one in contents.containers if one.running and one.removed]
    stopped = [one.shown for one in contents.containers if not one.running]
    if running:
        yield (
            "Docker's data moves: these containers stop and do not come back, because the engine "
            f"no longer has them: {_names(running)}; nothing is copied, they stay in {old}"
        )
    if removed:
        yield f"Docker's data moves: {_removed(removed)}"
    if stopped:
        names = _names(stopped)
        yield f"Docker's data moves: the engine no longer has these stopped containers: {names}"
    if contents.volumes:
        yield (
            "Docker's data moves: the engine no longer has these volumes: "
            f"{_names(contents.volumes)}; their data stay in {old}"
        )
    if contents.images:
        count, size = format_count(len(contents.images), "image"), sum(contents.images)
        yield (
            f"Docker's data moves: {count} (at most {format_bytes(size)}) stay in {old} and keep "
            "its space until you remove them; those of the spec are pulled again"
        )


def _removed(names: Sequence[str]) -> str:
    return f"these containers stop and are removed, because they run with --rm: {_names(names)}"


def _names(names: Sequence[str]) -> str:
    more = len(names) - _MOST
    shown = [name[:_LONGEST] for name in sorted(names)[:_MOST]]
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
