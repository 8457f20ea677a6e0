"""The checks of a cell, by commands of our own: what of the promises it breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.faults.matrix.hold import Hold, Problem
from tests.faults.matrix.rig import KEPT, Rig
from tests.faults.matrix.scene import Scene, events_in

AIR = 10
"""Seconds that a busy workstation may add to anything."""

_LEFT = """find / /mnt/nvme -xdev ! -path '/mnt/nvme/docker/*' ! -path '/var/lib/docker/*' \
'(' -name '*.jetfleet-*' -o -name '*.aria2' -o -name '*.meta4' -o -name '.fetching' ')'
ls /run/jetfleet/*.sh 2>/dev/null
systemctl list-units --all --plain --no-legend 'jetfleet-fetch-*' 'jetfleet-pull-*'
"""

# Where a service's secret has to be: its own files, and what Docker knows of its container.
_OF_SERVICE = (
    "^/etc/jetfleet/[a-z]*/env$|^/var/lib/jetfleet/services/[a-z]*/[a-z]*.tar$|"
    "^/run/containerd/|^/run/docker/"
)
_LOOK = f"""cat > /dev/shm/canary
grep -rslaF -f /dev/shm/canary /etc /run /var/lib/jetfleet /var/log /tmp /var/tmp /home /srv /opt |
  grep -Ev '{_OF_SERVICE}'
for one in /proc/[0-9]*/cmdline; do
  tr '\\0' '\\n' < $one 2>/dev/null | grep -aqF -f /dev/shm/canary && echo $one
done
rm /dev/shm/canary
true
"""

_UNWELL = {"failed", "refused", "unreachable"}


def converged(applied: Path, planned: Path, host: str) -> Iterator[Problem]:
    """Once the fault was taken away, one run has ended well, and the plan after it is empty."""
    events = events_in(applied, host)
    if not events or events[-1]["event"] != "completed":
        reasons = [one["reason"] for one in events if one["event"] in _UNWELL]
        yield Problem(Hold.CONVERGES, f"the next run fails: {reasons or lines_of(applied, host)}")
    rows = [one["resource"] for one in events_in(planned, host, "planned")]
    if rows or not events_in(planned, host, "compared"):
        why = rows or lines_of(planned, host)
        yield Problem(Hold.CONVERGES, f"the plan after the next run is not empty: {why}")


def lines_of(folder: Path, host: str) -> list[str]:
    """Return the last lines that a run printed of a board."""
    text = (folder / "log").read_text(encoding="utf-8", errors="replace")
    return [line.strip() for line in text.splitlines() if f"[{host}]" in line][-4:]


def nothing_lost(rig: Rig, host: str) -> Iterator[Problem]:
    """Foreign things and models are as they were, and nothing unfinished is left."""
    kept = rig.lab.sh(host, KEPT)
    if kept != rig.kept[host]:
        differs = set(kept.splitlines()) ^ set(rig.kept[host].splitlines())
        yield Problem(Hold.KEEPS, f"{sorted(differs)[:6]}")
    left = rig.lab.sh(host, _LEFT)
    if left:
        yield Problem(Hold.KEEPS, f"left behind {left.split()}")


def no_secret(rig: Rig, scene: Scene) -> Iterator[Problem]:
    """The canary is nowhere in what the run wrote, and on the board only where it belongs."""
    for path in sorted(scene.folder.rglob("*")):
        if path.is_file() and rig.canary in path.read_text(encoding="utf-8", errors="replace"):
            yield Problem(Hold.SECRET, path.name)
    done = rig.lab.fleet.exec(scene.host, ["/bin/sh", "-c", _LOOK], input=f"{rig.canary}\n")
    if done.stdout.strip():
        yield Problem(Hold.SECRET, f"on the board {done.stdout.split()}")


def named(scene: Scene) -> Iterator[Problem]:
    """If the run did not survive the fault, it says so in the fault's words, with the remedy."""
    fault, events = scene.cell.fault, events_in(scene.folder, scene.host)
    if fault.alone or (events and events[-1]["event"] == "completed"):
        return
    reasons = [one["reason"] for one in events if one["event"] in _UNWELL]
    lines = lines_of(scene.folder, scene.host)
    said = "\n".join((*reasons, *lines))
    if not reasons:
        yield Problem(Hold.NAMED, f"nothing is said of the board: {lines}")
    elif not re.search(fault.says, said):
        yield Problem(Hold.NAMED, f"the fault is not named: {reasons}")
    elif not re.search(fault.remedy, said):
        yield Problem(Hold.NAMED, f"no remedy is named: {reasons}")
    elif fault.never and re.search(fault.never, said):
        yield Problem(Hold.NAMED, f"it advises what does not help: {reasons}")
    if "Traceback" in said:
        yield Problem(Hold.NAMED, "a traceback is shown")


def in_time(seconds: float, alone: float, scenes: Sequence[Scene]) -> Iterator[Problem]:
    """The board without a fault was done about when it is done without them.

    Parameters
    ----------
    seconds, alone:
        Seconds to its change, with the faults and without any.

    """
    allowed = 3 * alone + AIR + max(scene.cell.fault.seconds for scene in scenes)
    if seconds > allowed:
        how = f"another board waited {seconds:.0f} s in place of {alone:.0f} s"
        yield Problem(Hold.IN_TIME, f"{how}; {allowed:.0f} s are allowed")
