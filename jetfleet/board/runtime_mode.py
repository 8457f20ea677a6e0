"""Sets how NVIDIA's container runtime gives devices to containers, in its config.toml.

Other lines of the file stay as they are. The runtime reads it each time that a container is made.
Its format: https://github.com/NVIDIA/nvidia-container-toolkit, internal/config.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any, Mapping

from jetfleet.board.place import ROOT, Owner, Unsafe, place_of

SECTION = "[nvidia-container-runtime]"
MOST = 1 << 20
"""Bytes of the file."""

_HEADER = re.compile(r"\s*(\[.*?\])\s*(#.*)?$")
_MODE = re.compile(r"\s*mode\s*=")


def with_mode(text: str, mode: str) -> str:
    """Return the text of a config.toml with another mode."""
    line, lines = f'mode = "{mode}"', text.splitlines()
    header = None
    for number, found in enumerate(lines):
        section = _HEADER.match(found)
        if section and header is not None:
            break
        if section and section[1] == SECTION:
            header = number
        elif header is not None and _MODE.match(found):
            lines[number] = line
            return "\n".join(lines) + "\n"
    if header is None:
        return "\n".join([*lines, *([""] if lines else []), SECTION, line]) + "\n"
    return "\n".join([*lines[: header + 1], line, *lines[header + 1 :]]) + "\n"


def main(job: Mapping[str, Any]) -> None:
    """Write the `mode` into the file at `path`; its owner and its permissions stay."""
    folder, name = os.path.split(job["path"])
    try:
        with place_of(folder, make=True) as place:
            found = place.stat(name)
            text = place.read(name, MOST).decode(errors="surrogateescape") if found else ""
            permissions = found.st_mode & 0o777 if found else 0o644
            owner = Owner(found.st_uid, found.st_gid) if found else ROOT
            new = with_mode(text, job["mode"]).encode(errors="surrogateescape")
            place.write(name, new, mode=permissions, owner=owner)
    except Unsafe as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename or job['path']} cannot be written: {error.strerror}")
