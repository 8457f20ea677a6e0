"""Asks dpkg and apt on this board, with package lists and sources of an upgrade's own.

The lists, the sources and the downloads are in a folder of the upgrade: until the packages are
installed, apt has for every other program what it had before.
"""

from __future__ import annotations

import glob
import os
import re
import subprocess
import sys
from typing import Sequence

FOLDER = "/var/lib/jetfleet/upgrade"
SOURCES = "/etc/apt/sources.list.d"
OWN = "nvidia-l4t-apt-source"
"""Beginning of the names of NVIDIA's files in there."""

MOST = 1 << 20
TAIL = 8
"""Lines of a program's end that a failure shows."""

# No question of a package or a program of apt may wait for an answer: nobody is there.
QUIET = {
    "LC_ALL": "C",
    "DEBIAN_FRONTEND": "noninteractive",
    "NEEDRESTART_SUSPEND": "1",
    "NEEDRESTART_MODE": "l",
    "UCF_FORCE_CONFFOLD": "1",
    "APT_LISTCHANGES_FRONTEND": "none",
}
KEEP = ("-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold")
"""A configuration file that was changed on the board stays as it is."""

LINE = re.compile(
    r"^(\s*deb(?:-src)?\s+(?:\[[^]]*\]\s+)?\S*/jetson/\S*\s+)r[\d.]+(?=\s|$)", re.MULTILINE
)
SUITES = re.compile(r"^(Suites:\s*)r[\d.]+\s*$", re.MULTILINE | re.IGNORECASE)
INSTALLS = re.compile(r"^Inst (\S+) (?:\[\S+\] )?\((\S+) ", re.MULTILINE)
REMOVES = re.compile(r"^Remv (\S+) ", re.MULTILINE)
ADDS = re.compile(r"([\d,.]+) ([kMGT]?B) of additional disk space will be used")
URI = re.compile(r"^'[^']*' \S+ (\d+)", re.MULTILINE)
UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}


class Failed(Exception):
    """The upgrade cannot go on; the text says why, and what to do."""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program that asks nothing, and return what it printed; a failure shows there."""
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        env={**os.environ, **QUIET},
        check=False,
    )


def lines_of(*command: str) -> list[str]:
    """Return what a program prints, by lines; raise Failed if it fails."""
    done = run(*command)
    if done.returncode:
        raise Failed(f"{command[0]} failed: {tail(done.stderr or done.stdout)}")
    return done.stdout.splitlines()


def tail(text: str) -> str:
    """Return the last lines of a program's output as one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith(("E:", "dpkg: error"))]
    return " / ".join((errors or lines)[-TAIL:]) or "it printed nothing"


def shown(*command: str) -> None:
    """Run a program, passing on each of its lines; raise Failed with the last ones if it fails."""
    last: list[str] = []
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env={**os.environ, **QUIET},
    ) as child:
        for line in child.stdout or ():
            sys.stdout.write(line)
            sys.stdout.flush()
            last = [*last, line][-40:]
    if child.returncode:
        raise Failed(f"{' '.join(command[:1])} failed: {tail(''.join(last))}")


def apt(*arguments: str) -> list[str]:
    """Return a command of apt-get that uses the upgrade's own lists, sources and downloads.

    It asks before it changes anything, and so changes nothing, unless an argument is ``-y``.
    """
    places = {
        "Dir::Etc::sourceparts": f"{FOLDER}/sources.list.d",
        "Dir::State::lists": f"{FOLDER}/lists",
        "Dir::Cache": f"{FOLDER}/cache",
        "Acquire::GzipIndexes": "false",
        "DPkg::Lock::Timeout": "300",
    }
    options = [word for name, value in places.items() for word in ("-o", f"{name}={value}")]
    return ["apt-get", "-q", *options, *KEEP, *arguments]


def to_release(text: str, release: str) -> str:
    """Return a file of apt's sources with NVIDIA's release replaced; what is off stays off."""
    if re.search(r"^URIs:.*/jetson/", text, re.MULTILINE | re.IGNORECASE):
        return SUITES.sub(rf"\g<1>{release}", text)
    return LINE.sub(rf"\g<1>{release}", text)


def write_sources(release: str) -> None:
    """Copy the board's sources into the upgrade's folder, NVIDIA's with another release."""
    for name in ("sources.list.d", "lists/partial", "cache/archives/partial"):
        os.makedirs(f"{FOLDER}/{name}", mode=0o755, exist_ok=True)
    for old in glob.glob(f"{FOLDER}/sources.list.d/*"):
        os.unlink(old)
    moved = False
    for path in sorted(glob.glob(f"{SOURCES}/*.list") + glob.glob(f"{SOURCES}/*.sources")):
        name = os.path.basename(path)
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read(MOST)
        if name.startswith(OWN):
            moved = moved or bool(LINE.search(text) or SUITES.search(text))
            text = to_release(text, release)
        place = f"{FOLDER}/sources.list.d/{name}"
        with open(place, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
    if not moved:
        raise Failed(
            f"{SOURCES}/{OWN}.list has no source of NVIDIA that is on: repair that file first"
        )


def offered(release: str) -> set[str]:
    """Return the packages that NVIDIA's sources have in a release, by the upgrade's lists."""
    found: set[str] = set()
    for path in glob.glob(f"{FOLDER}/lists/*_jetson_*dists_{release}_*_Packages"):
        with open(path, encoding="utf-8", errors="replace") as file:
            found |= {line[9:].strip() for line in file if line.startswith("Package: ")}
    return found


def installed() -> dict[str, str]:
    """Return the version of each package that is installed."""
    form = "${Package} ${db:Status-Status} ${Version}\n"
    rows = (line.split(" ") for line in lines_of("dpkg-query", "-W", "-f", form))
    return {row[0]: row[2] for row in rows if len(row) == 3 and row[1] != "config-files"}  # noqa: PLR2004 - the fields


def unfinished() -> str:
    """Return what dpkg has not finished; empty if nothing."""
    return "\n".join(lines_of("dpkg", "--audit"))


def additional(text: str) -> int:
    """Return the bytes more that apt says packages take once they are installed."""
    found = ADDS.search(text)
    if not found:
        return 0
    return int(float(found[1].replace(",", "")) * UNITS[found[2]])


def hold(names: Sequence[str]) -> None:
    """Hold packages again."""
    if names:
        text = "".join(f"{name} hold\n" for name in names)
        subprocess.run(["dpkg", "--set-selections"], input=text, text=True, check=True)
