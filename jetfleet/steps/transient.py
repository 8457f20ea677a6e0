"""Transient units: long work on a board that a lost connection does not end."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

from jetfleet.steps.shell import STATE_DIR
from jetfleet.steps.write_file import write_file
from jetfleet.text import read_count

_LOG = "-- log\n"
_SIGNALS = 128


def transient_unit(
    unit: str, description: str, script: str, *, io_idle: bool = False, private: bool = False
) -> str:
    """Script that starts a transient unit running another script, unless it already runs.

    A lost connection does not end it, and the next run finds it by its name. The inner script is
    handed over in a root-only file below /run, so that nothing in it shows in a list of processes;
    it removes that file as its first act, for it may hold signed links.

    Parameters
    ----------
    io_idle:
        It reads and writes only when no other program does.
    private:
        It has a folder below /run, RUNTIME_DIRECTORY, which only root can read and which is gone
        when it has ended.

    """
    path = f"{STATE_DIR}/{unit}.sh"
    more = "-p IOSchedulingClass=idle " if io_idle else ""
    more += f"-p RuntimeDirectory={unit} -p RuntimeDirectoryMode=0700 " if private else ""
    return f"""set -eu
state=$(systemctl show -p ActiveState --value {unit}.service)
case "$state" in active|activating|deactivating) exit 0 ;; esac
systemctl reset-failed {unit}.service 2>/dev/null || true
{write_file(path, f'rm -f -- "$0"{chr(10)}{script}', mode="700")}
systemd-run --quiet --unit={unit}.service --description={shlex.quote(description)} \\
  -p Type=exec {more}-p KillMode=control-group /bin/sh {path} || {{ rm -f -- {path}; exit 1; }}
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
timeout 5 journalctl --sync 2>/dev/null || true
timeout 5 journalctl -q -n 24 -o cat -u {unit}.service --no-pager 2>/dev/null || true
"""


def has_ended(unit: str) -> str:
    """Shell condition: a transient unit does not run, whether it has ended well or not."""
    state = f"$(systemctl show -p ActiveState --value {unit}.service)"
    return f"case {state} in active|activating|deactivating) false ;; esac"


def own_lines(log: str, unit: str) -> list[str]:
    """Return what a unit wrote since it was last started, of the journal that `watch_unit` printed.

    Lines of systemd are left out. The InvocationID of a line does not identify them: a process
    that ends at once leaves lines without one.
    """
    own: list[str] = []
    for line in log.splitlines():
        if line.startswith("Started "):
            own.clear()
        elif line.strip() and not line.startswith((f"{unit}.service: ", "Starting ")):
            own.append(line)
    return own


@dataclass(frozen=True)
class UnitLook:
    """What one look at a transient unit shows.

    Parameters
    ----------
    running:
        It has not ended yet.
    succeeded:
        It has ended well.
    by_itself:
        It has ended by an exit of its own, not by a signal or a reboot: neither its shell nor
        the program that the shell ran was killed.
    lines:
        What it wrote since it was last started.

    """

    running: bool
    succeeded: bool
    by_itself: bool
    lines: tuple[str, ...]


def read_look(out: str, unit: str) -> UnitLook:
    """Return what the script of `watch_unit` printed."""
    head, _, log = out.partition(_LOG)
    status = re.search(r"^ExecMainStatus=(\d+)$", head, re.MULTILINE)
    # A shell whose program was killed exits with 128 and the number of the signal.
    killed = status is not None and read_count(status[1]) > _SIGNALS
    running = "ActiveState=active" in head or "ActiveState=activating" in head
    return UnitLook(
        running=running,
        # systemd forgets a transient unit that ended well, and shows it as inactive.
        succeeded=not running and "Result=success" in head,
        by_itself="Result=exit-code" in head and not killed,
        lines=tuple(own_lines(log, unit)),
    )
