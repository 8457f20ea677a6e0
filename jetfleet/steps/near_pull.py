"""A pull of an image whose blobs are on the board already: from a registry on its loopback."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.steps.program import run_program
from jetfleet.steps.shell import STATE_DIR, words

if TYPE_CHECKING:
    from collections.abc import Sequence

PORT = 8471
"""Port on the board's loopback address; images have it in their name in the engine."""

_OTHER = re.compile(r"[^a-z0-9._/-]+")


def near_name(repository: str) -> str:
    """Return the name that the engine has for a repository whose blobs are on the board.

    A path in it has no port and no capital letter.
    """
    return f"127.0.0.1:{PORT}/{_OTHER.sub('_', repository.lower())}"


def served(unit: str, folders: Sequence[str], script: str) -> str:
    """Return the script of a unit that serves blobs from folders while another script runs.

    systemd ends the registry with the unit. When the script fails, blobs that had another hash than
    their name are named last.
    """
    ready, wrong = f"{STATE_DIR}/{unit}.ready", f"{STATE_DIR}/{unit}.wrong"
    job = {"port": PORT, "folders": list(folders), "ready": ready, "wrong": wrong}
    return f"""rm -f -- {words([ready, wrong])}
registry() {{
{run_program("foreign_json.py", "registry.py", job=job)}}}
registry &
serving=$!
while [ ! -e {ready} ]; do
  kill -0 "$serving" 2>/dev/null || exit 1
  sleep 0.1
done
trap '[ ! -s {wrong} ] || tail -n 1 {wrong} >&2; rm -f -- {ready} {wrong}' EXIT
{script}"""
