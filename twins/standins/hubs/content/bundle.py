"""Archives of a release, with a program of the stand-in images in them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twins.standins.registry import programs
from twins.standins.registry.layer import Entry, layer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_LIBRARY = "lib/{program}/standin"
# -I: ignore the user's own Python packages. No .pyc in folders of the system.
_SCRIPT = """#!/usr/bin/python3 -I
import sys
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "{library}"))
"""


@dataclass(frozen=True)
class Bundles:
    """The archives of a release by name; `size` is of all of them, and cannot be another."""

    files: tuple[tuple[str, bytes], ...]
    size: int = 0

    def contents(self) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield each file: its name and its content in pieces."""
        for name, content in self.files:
            yield name, (content,)


def bundles(written: Mapping[str, Any]) -> Bundles:
    """Make the archives: each with `files` by path, one with a `program` as `bin/<program>`."""
    return Bundles(tuple((name, layer(_entries(one)).blob) for name, one in written.items()))


def _entries(one: Mapping[str, Any]) -> Iterator[Entry]:
    for path, text in one.get("files", {}).items():
        yield Entry(path, 0o644, str(text).encode())
    program = one.get("program")
    if program is None:
        return
    library = _LIBRARY.format(program=program)
    folder = f"{library}/{programs.FOLDER}"
    for name, content in programs.modules("kit", program):
        yield Entry(f"{folder}/{name}", 0o644, content)
    yield Entry(f"{folder}/{program}/image.json", 0o644, json.dumps(one["settings"]).encode())
    script = _SCRIPT.format(library=library) + programs.start(program)
    yield Entry(f"bin/{program}", 0o755, script.encode())
