"""What a restart of the Docker daemon stops, and starting it again.

systemd stops the units that require docker.service, and starts them again only if the daemon comes
up at once. The daemon itself starts only containers with a restart policy again. What ran is kept
in a file until it is started, so that the next run repairs one that died in between.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Dict, List

from jetfleet.board.entry import is_plain, remove
from jetfleet.board.foreign_json import UnreadableJson, read_json
from jetfleet.board.place import Unsafe, place_of

UNIT = "docker.service"
RUNNING = {"active", "activating", "reloading"}
SECONDS = 20
MOST = 1 << 20
"""Bytes of the file."""

Names = Dict[str, List[str]]


def lines_of(*command: str) -> list[str]:
    """Return what a program printed by lines; nothing if it failed or took too long."""
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return []
    except OSError as error:
        raise Unsafe(
            f"{command[0]} cannot be run on the board ({error.strerror}): install the package that "
            "has it, such as docker-cli"
        ) from None
    return done.stdout.splitlines() if done.returncode == 0 else []


def what_runs() -> Names:
    """Return the units that stop with the daemon, and the containers, that run now."""
    wanted = " ".join(
        line.partition("=")[2]
        for line in lines_of("systemctl", "show", "-p", "RequiredBy,BoundBy,ConsistsOf", UNIT)
    )
    units = sorted({name for name in wanted.split() if name.endswith(".service")})
    states = lines_of("systemctl", "show", "-p", "ActiveState", "--value", *units) if units else []
    active = [unit for unit, state in zip(units, filter(None, states)) if state in RUNNING]
    containers = lines_of("docker", "ps", "-q", "--no-trunc") if daemon_runs() else []
    return {"units": active, "containers": containers}


def daemon_runs() -> bool:
    """Tell whether the daemon runs; a question to a stopped one would start it by its socket."""
    return lines_of("systemctl", "show", "-p", "ActiveState", "--value", UNIT) == ["active"]


def note(path: str) -> None:
    """Keep what runs at `path`, together with what a dead run has kept there."""
    kept, now = read(path), what_runs()
    both = {kind: sorted({*kept[kind], *now[kind]}) for kind in now}
    folder, name = os.path.split(path)
    with place_of(folder, make=True) as place:
        place.clear(name)
        place.write(name, json.dumps(both).encode(), mode=0o600)


def read(path: str) -> Names:
    """Return what is kept at `path`; nothing for a file that is absent or damaged."""
    found: object = None
    if is_plain(Path(path)):
        try:
            found = read_json(Path(path).read_bytes(), size=MOST)
        except UnreadableJson:
            found = None
    kept = found if isinstance(found, dict) else {}
    return {kind: names(kept.get(kind)) for kind in ("units", "containers")}


def names(found: object) -> list[str]:
    """Return those items of a list that can be names."""
    listed = found if isinstance(found, list) else []
    return [one for one in listed if isinstance(one, str) and one and not one.startswith("-")]


def start_again(path: str) -> list[str]:
    """Start what is kept at `path` and does not run; return what did not start.

    Units first: many make their container again, and a container without a unit is started as it
    was.
    """
    kept = read(path)
    if kept["units"]:
        # A model takes minutes to load, and a unit of jetfleet is active only then.
        lines_of("systemctl", "reset-failed", *kept["units"])
        lines_of("systemctl", "start", "--no-block", *kept["units"])
    remove(Path(path))
    if not kept["containers"]:
        return []
    there = set(lines_of("docker", "ps", "-aq", "--no-trunc"))
    stopped = there - set(lines_of("docker", "ps", "-q", "--no-trunc"))
    return [
        container[:12]
        for container in kept["containers"]
        if container in stopped and not lines_of("docker", "start", container)
    ]
