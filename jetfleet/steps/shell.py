"""POSIX shell text: quoting, and the few phrases that several kinds of resource share."""

from __future__ import annotations

import base64
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

STATE_DIR = "/run/jetfleet"
"""What services were started with, until the next boot."""


ENGINE_RUNS = '{ read -r engine || [ -d "/proc/${engine:-none}" ]; } < /run/docker.pid'
"""Shell condition without a process: the Docker daemon runs. Its file has no line end."""


def words(values: Iterable[str]) -> str:
    """Quoted arguments, separated by blanks."""
    return " ".join(shlex.quote(value) for value in values)


def write_file(
    path: str, content: str, *, mode: str = "644", owner: str = "root", group: str = "root"
) -> str:
    """Script that puts a file in place by rename: readers see the old one or the new one whole.

    The new content is written beside it, never readable by others before its mode is set, and
    synced before the rename, so that a power cut cannot leave an empty file; the rename is synced
    too. It travels as base64 on standard input, so no byte of it is ever seen by a shell. An empty
    folder in its place is removed; of anything else in the way it says that a person must move it.
    """
    target = shlex.quote(path)
    staged = shlex.quote(path + ".jetfleet-new")
    directory = shlex.quote(path.rsplit("/", 1)[0] or "/")
    encoded = base64.encodebytes(content.encode()).decode()
    return f"""set -eu
umask 022
mkdir -p -- {directory} || {{
  at={directory}; until [ -e "${{at:-/}}" ] || [ -L "$at" ]; do at=${{at%/*}}; done
  [ -d "${{at:-/}}" ] || echo "$at is not a folder: move it away, then run again" >&2
  exit 1; }}
umask 077
rm -rf -- {staged}
base64 -d > {staged} <<'JETFLEET_END'
{encoded}JETFLEET_END
chown {shlex.quote(f"{owner}:{group}")} {staged}
chmod {shlex.quote(mode)} {staged}
sync -- {staged}
if [ -d {target} ] && [ ! -L {target} ] && ! rmdir -- {target} 2>/dev/null; then
  echo {shlex.quote(path + " is a folder: move it away, then run again")} >&2; exit 1
fi
mv -f -T -- {staged} {target}
sync -- {directory}
"""
