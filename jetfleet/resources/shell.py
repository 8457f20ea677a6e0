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
    synced before the rename, so that a power cut cannot leave an empty file. It travels as base64
    on standard input, so no byte of it is ever seen by a shell.
    """
    target = shlex.quote(path)
    staged = shlex.quote(path + ".jetfleet-new")
    directory = shlex.quote(path.rsplit("/", 1)[0] or "/")
    encoded = base64.encodebytes(content.encode()).decode()
    return f"""set -eu
umask 022
mkdir -p -- {directory}
umask 077
rm -rf -- {staged}
base64 -d > {staged} <<'JETFLEET_END'
{encoded}JETFLEET_END
chown {shlex.quote(f"{owner}:{group}")} {staged}
chmod {shlex.quote(mode)} {staged}
sync -- {staged}
[ -d {target} ] && [ ! -L {target} ] && rmdir -- {target}
mv -f -T -- {staged} {target}
"""


def transient_unit(unit: str, description: str, script: str, *, io_idle: bool = False) -> str:
    """Script that starts a transient unit running another script, unless it already runs.

    A lost connection does not end it, and the next run finds it by its name. The inner script is
    handed over in a root-only file below /run, so that nothing in it shows in a list of processes;
    it removes that file as its first act, for it may hold signed links.
    """
    path = f"{STATE_DIR}/{unit}.sh"
    nice = "-p IOSchedulingClass=idle " if io_idle else ""
    return f"""set -eu
state=$(systemctl show -p ActiveState --value {unit}.service)
case "$state" in active|activating|deactivating) exit 0 ;; esac
systemctl reset-failed {unit}.service 2>/dev/null || true
{write_file(path, f'rm -f -- "$0"{chr(10)}{script}', mode="700")}
systemd-run --quiet --unit={unit}.service --description={shlex.quote(description)} \\
  -p Type=exec {nice}-p KillMode=control-group /bin/sh {path}
"""


def watch_unit(unit: str, seconds: int = 3) -> str:
    """Script that waits some seconds for a transient unit to end, then prints how it stands.

    Prints its properties, then the last lines of its journal; see `own_lines`.
    """
    return f"""i=0
while [ $i -lt {seconds * 5} ]; do
  case "$(systemctl show -p ActiveState --value {unit}.service)" in
    active|activating|deactivating) sleep 0.2 ;; *) break ;;
  esac
  i=$((i+1))
done
systemctl show -p ActiveState -p Result -p ExecMainStatus {unit}.service
echo '-- log'
journalctl --sync 2>/dev/null || true
journalctl -q -n 24 -o cat -u {unit}.service --no-pager 2>/dev/null || true
"""


def own_lines(log: str, unit: str) -> list[str]:
    """Return what a unit wrote since it was last started, of the journal that a look printed.

    What systemd says of it is left out: by the InvocationID of a line alone they cannot be told
    apart, for a process that ends at once leaves lines without one.
    """
    own: list[str] = []
    for line in log.splitlines():
        if line.startswith("Started "):
            own.clear()
        elif line.strip() and not line.startswith((f"{unit}.service: ", "Starting ")):
            own.append(line)
    return own
