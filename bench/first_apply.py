"""The first apply of a board that was only flashed: by role, against the same by hand.

`make bench`, or `python -m bench.first_apply`: two equal virtual Jetsons. pyinfra applies
`deploys/llm.py` to one of them. Its scripts, as one shell script, are then run on the other.
The rows that take longest follow.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from time import time
from typing import NamedTuple

from bench.recording import by_hand, recorded
from jetfleet.environment import RUN_FOLDER
from jetfleet.events.event import Changed, Started, Surveyed
from jetfleet.events.read import events_of
from tests.support.lab import Lab, Spec
from tests.support.pyinfra import pyinfra
from tests.support.sshlog import counting, cursor_of
from twins.flashed import PASSWORD

APPLIED, HAND = "applied", "by-hand"
BEFORE = "connect, survey"
AFTER = "end"
ROUNDS = 3
LINE = "{:<18}{:>9}{:>14}{:>10}{:>8}"
LONG = 0.5
"""Seconds from which a row is shown by itself."""
_SCRIPT = "/root/by-hand.sh"


class Figures(NamedTuple):
    """Of a role: seconds, commands over SSH, and seconds of the same by hand."""

    seconds: float = 0
    commands: float = 0
    by_hand: float = 0


@dataclass(frozen=True)
class Row:
    """A row that changed the board.

    Parameters
    ----------
    begun, ended:
        Seconds since 1970.
    seconds:
        From the end of the row before it, or from its own beginning: several may share a command.

    """

    role: str
    resource: str
    begun: float
    ended: float
    seconds: float


@dataclass(frozen=True)
class Round:
    """What was measured once: the figures of each role, and the seconds of each row."""

    roles: dict[str, Figures]
    rows: dict[str, float]


def main() -> None:
    """Print a table of the roles, the whole and long rows: medians, of new twins in each round."""
    measurements = [measured() for _ in range(ROUNDS)]
    rounds = [one.roles for one in measurements]
    roles = dict.fromkeys(role for one in rounds for role in one)
    print(LINE.format("", "seconds", "SSH commands", "by hand", "ratio"))
    for role in roles:
        shown = [one.get(role, Figures()) for one in rounds]
        print(row(role, *(median(column) for column in zip(*shown, strict=True))))
    sums = [[sum(column) for column in zip(*one.values(), strict=True)] for one in rounds]
    print(row("whole", *(median(column) for column in zip(*sums, strict=True))))
    for resource in dict.fromkeys(name for one in measurements for name in one.rows):
        seconds = median(one.rows.get(resource, 0) for one in measurements)
        if seconds >= LONG:
            print(f"{seconds:.2f} s  {resource}")


def row(role: str, seconds: float, commands: float, by_hand: float) -> str:
    """Return a line of the table; what no script by hand has is without a ratio."""
    same = (f"{by_hand:.2f}", f"{seconds / by_hand:.2f}") if by_hand else ("", "")
    return LINE.format(role, f"{seconds:.2f}", f"{commands:.0f}", *same)


def measured() -> Round:
    """Apply once, and run the same by hand; return the figures, in order."""
    with tempfile.TemporaryDirectory() as scratch, flashed(Path(scratch) / "lab") as lab:
        folder = Path(scratch) / "run"
        folder.mkdir()
        begun, ended, asked = applied(lab, folder)
        rows = rows_of(folder)
        steps = recorded(folder)
        same = hand(lab, by_hand(steps, lambda step: role_at(rows, step.begun)))
    ours = {BEFORE: rows[0].begun - begun}
    for one in rows:
        ours[one.role] = ours.get(one.role, 0) + one.seconds
    ours[AFTER] = ended - rows[-1].ended
    commands = Counter(role_at(rows, at) for at in asked)
    figures = {role: Figures(ours[role], commands[role], same.get(role, 0)) for role in ours}
    return Round(figures, {one.resource: one.seconds for one in rows})


@contextmanager
def flashed(folder: Path) -> Iterator[Lab]:
    """Yield two twins that were only flashed; end them."""
    lab = Lab.up(folder, ["orin"], _edit, flashed=True)
    try:
        yield lab
    finally:
        lab.down()


def _edit(spec: Spec) -> None:
    # The power mode that it is flashed with: a reboot takes as long by hand.
    spec["boards"]["agx-orin"]["power"] = {"mode": "MODE_30W"}
    spec["defaults"].update(
        ssh={"user": "nvidia", "password": {"env": "BOARD"}}, clock={"set": True}, desktop="off"
    )
    orin = spec["hosts"].pop("orin")
    spec["hosts"] = {
        name: {**orin, "address": f"192.0.2.{number}"}
        for number, name in enumerate((APPLIED, HAND), 1)
    }


def applied(lab: Lab, folder: Path) -> tuple[float, float, list[float]]:
    """Apply to one twin; return when that began and ended, and when commands came over SSH."""
    environ = {"JETFLEET_TWIN_BOARD": PASSWORD, RUN_FOLDER: str(folder)}
    with counting(lab, (APPLIED,)):
        cursor = cursor_of(lab, APPLIED)
        begun = time()
        arguments = ("bench/recorded.py", "-y", "--limit", APPLIED)
        ran = pyinfra(lab.inventory, *arguments, environ=environ)
        ended = time()
        if ran.status:
            sys.exit(f"the run failed:\n{ran.log}")
        journal = f"journalctl -q -o short-unix --after-cursor='{cursor}'"
        log = lab.sh(APPLIED, f"journalctl --sync; {journal}")
    asked = re.findall(r"^([\d.]+) .*: Starting session: ", log, re.MULTILINE)
    return begun, ended, [float(at) for at in asked]


def rows_of(folder: Path) -> list[Row]:
    """Return the rows of the run that changed the board, in order."""
    roles: dict[str, str] = {}
    begun: dict[str, float] = {}
    rows: list[Row] = []
    for event in events_of(folder, APPLIED):
        if isinstance(event, Surveyed):
            roles |= {one.resource: one.role for one in event.resources}
        elif isinstance(event, Started):
            begun[event.resource] = event.at
        elif isinstance(event, Changed):
            name, began = event.resource, begun[event.resource]
            seconds = event.at - (max(began, rows[-1].ended) if rows else began)
            rows.append(Row(roles[name], name, began, event.at, seconds))
    return rows


def role_at(rows: list[Row], at: float) -> str:
    """Return the role whose row was carried out then."""
    if at < rows[0].begun:
        return BEFORE
    return next((row.role for row in rows if at <= row.ended), AFTER)


def hand(lab: Lab, script: str) -> Mapping[str, float]:
    """Run the script on the other twin; return the seconds of each role."""
    lab.fleet.exec(HAND, ["/bin/sh", "-c", f"cat > {_SCRIPT}"], script)
    done = lab.fleet.exec(HAND, ["/bin/sh", _SCRIPT])
    if done.returncode:
        sys.exit(f"the script failed:\n{done.stdout[-4000:]}{done.stderr[-2000:]}")
    seconds: dict[str, float] = {}
    for role, taken in re.findall(r"^took (\S+) (\d+)$", done.stdout, re.MULTILINE):
        seconds[role] = seconds.get(role, 0) + int(taken) / 1e9
    return seconds


if __name__ == "__main__":
    main()
