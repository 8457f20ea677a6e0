"""Waiting for a service to become ready: one look at its unit, and what to make of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jetfleet.steps import Progress
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

TAIL = 8
"""Lines of its log that a person is shown of a service that failed."""

BUSY_USEC = 1_000_000
"""CPU time between two looks, at most ten seconds apart, from which on something is worked at."""

MEANING = {
    "137": " (killed, as a rule for lack of memory: less context, fewer sequences or a smaller "
    "share of memory)",
    "125": " (docker itself refused the command)",
    "2": " (the program refused its options)",
}


def look(name: str, unit: str, patience: float) -> str:
    """Script that waits up to ten seconds, then prints the unit's state, its work and its log.

    A look lasts less than half the patience, so that no wait ends before a second look.
    """
    rounds = max(1, min(50, int(patience * 2)))
    unit, name = words([unit]), words([name])
    return f"""i=0
while [ $i -lt {rounds} ]; do
  case $(systemctl show -p ActiveState -p SubState -p Job {unit}) in
    *Job=[1-9]*) ;; *auto-restart*) break ;; *activating*) ;; *) break ;;
  esac
  sleep 0.2
  i=$((i+1))
done
systemctl show -p ActiveState -p SubState -p Job -p NRestarts -p ExecMainStatus {unit}
systemctl show -p ExecStartPre -p ExecStartPost {unit}
pid=$(docker container inspect -f '{{{{.State.Pid}}}}' {name} 2>/dev/null || echo 0)
[ "$pid" != 0 ] || pid=$(systemctl show -p MainPID --value {unit})
group=/sys/fs/cgroup$(sed -n 's/^0:://p' "/proc/$pid/cgroup" 2>/dev/null)
cpu=$(sed -n 's/^usage_usec //p' "$group/cpu.stat" 2>/dev/null)
echo "work=$cpu $(tr '\\n' ' ' < "$group/io.stat" 2>/dev/null)"
echo "said=$(journalctl -q -n 1 -o cat -u {unit} -t ready -t prestart --no-pager 2>/dev/null)"
start=$(systemctl show -p InvocationID --value {unit})
echo "told=$(journalctl -q -n 1 -o cat -t ready "_SYSTEMD_INVOCATION_ID=$start" 2>/dev/null)"
echo '-- log'
journalctl -q -n 40 -o cat -u {unit} --no-pager 2>/dev/null
true
"""


def judge(name: str, unit: str, restarts: int) -> Callable[[str], Progress]:
    """Return what judges one look after another.

    Parameters
    ----------
    restarts:
        How often systemd had restarted the unit when it was started.

    """
    cpu_before, busy, stopping = [0], [0], [0]

    def judged(out: str) -> Progress:
        head, _, log = out.partition("-- log\n")
        fields = dict(line.split("=", 1) for line in head.splitlines() if "=" in line)
        lines = _own_lines(log, unit)
        # Until its job is done the unit may still show how it was before: up, or failed.
        settled = fields.get("Job", "") in {"", "0"}
        if settled and fields.get("ActiveState") == "active":
            return Progress(done=True)
        down = fields.get("ActiveState") in {"failed", "inactive"}
        down = down or fields.get("SubState", "").startswith("auto-restart")
        died = int(fields.get("NRestarts", "0")) > restarts or (settled and down)
        if died:
            tail = "".join(f"\n    {line}" for line in lines[-TAIL:]) or " none"
            return Progress(
                failed=f"{name} does not come up: {_why(head, fields)}; its last lines:{tail}"
            )
        if fields.get("ActiveState") == "deactivating":
            # A program that is deaf to SIGTERM is killed in the end; the new one waits for that.
            stopping[0] += 1
            return Progress(token=f"stopping {stopping[0]}", line=f"{name} is still stopping")
        cpu, _, moved = fields.get("work", "").partition(" ")
        # A process that spins is compiling or loading; one that only answers our question is not.
        busy[0] += int(cpu or 0) - cpu_before[0] >= BUSY_USEC
        cpu_before[0] = int(cpu or 0)
        last = next((line for line in reversed(lines) if not _ASKED.search(line)), "")
        token = f"{busy[0]} {moved} {_TIME.sub('', last)}"
        told = fields.get("told", "")
        seen = f" ({told})" if told.startswith(_NOT_YET) and told != last else ""
        return Progress(token=token, line=f"{last[:100]}{seen}")

    return judged


def _own_lines(log: str, unit: str) -> list[str]:
    """Return what the server and our checks wrote since its last start; not what systemd says.

    systemd 249 of JetPack 6 names a unit by its description, later ones by its name too.
    """
    own: list[str] = []
    for line in log.splitlines():
        of_systemd = line.startswith(f"{unit}: ") or (
            line.startswith(_SYSTEMD) and (unit in line or "(jetfleet)" in line)
        )
        if of_systemd and line.startswith("Starting "):
            own.clear()
        elif line.strip() and not of_systemd:
            own.append(line)
    return own


_SYSTEMD = ("Starting ", "Started ", "Stopping ", "Stopped ", "Failed to start ")

# Many servers log each question whether they are ready, with a time or a port: no progress.
_ASKED = re.compile(r"\bGET\b.*/")

# What a line says again at another time is no progress either.
_TIME = re.compile(r"\d+[-/](\d+|[A-Z][a-z]{2})[-/]\d+|\d+:\d+:\d+([.,]\d+)?")

_NOT_YET = "not ready yet: "

_ENDED = "the server ended before it was ready"

_CHECK = re.compile(r"ignore_errors=no ;[^}]* code=exited ; status=[1-9]")


def _why(head: str, fields: Mapping[str, str]) -> str:
    """Return which of its parts ended the start: one of our checks, or the server itself."""
    checks = [line for line in head.splitlines() if line.startswith("ExecStartP")]
    said = fields.get("said", "")
    if said and said != _ENDED and any(_CHECK.search(line) for line in checks):
        return said
    status = fields.get("ExecMainStatus", "?")
    return f"it ended with exit status {status}{MEANING.get(status, '')}"
