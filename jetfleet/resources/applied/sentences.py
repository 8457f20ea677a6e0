"""What a plan says of the removal of what has left the spec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.resources.applied.ours import is_our_file, kept_path, path_of
from jetfleet.resources.applied.state import CHANGED
from jetfleet.resources.host_names import HOSTS
from jetfleet.text import format_bytes, format_count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jetfleet.resources.base import Change

_SENTENCES = {
    "clocks": "the spec no longer locks the clocks",
    "filesystem": "{} is no longer in the spec: it is unmounted, and what is on the disk stays",
    "names": f"{HOSTS} has names that are no longer in the spec",
}


def sentence(change: Change, above: int | None) -> str:
    """Return what a person reads of a removal.

    Parameters
    ----------
    above:
        Bytes that images take more than; None if the removal has another cause.

    """
    kind, _, name = change.attribute.partition(":")
    if kind in _SENTENCES:
        return _SENTENCES[kind].format(name)
    if above is not None:
        return (
            f"image {name} is no longer needed, and images take more than {format_bytes(above)} "
            "(docker.images_max_use)"
        )
    path = path_of(kind, name)
    what = f"{kind} {name}" if kind in {"service", "image", "venv"} else path or name
    more = ""
    if change.have == CHANGED:
        more = f", and a person has changed it: it is kept as {kept_path(path)}"
    elif kind == "file" and not is_our_file(name):
        more = ": it is removed, unless it was on the board before jetfleet wrote it"
    return f"{what} is no longer in the spec{more}"


def listed(names: Sequence[str]) -> str:
    """Return the first names with the verb of a sentence, such as ``a, b and 3 more are``."""
    first = ", ".join(names[:3])
    more = f" and {format_count(len(names) - 3, 'other')}" if names[3:] else ""
    return f"{first}{more} {'are' if names[1:] else 'is'}"
