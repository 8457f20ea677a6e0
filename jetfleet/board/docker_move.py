"""Moves the data of the Docker engine to another folder, with its settings; the old folder stays.

The engine is stopped, its folder is copied beside the new one, compared and renamed. Then the
settings are put in place, and the engine starts with the new folder. It must show what it had
before; if not, the old settings come back. A copy that is not finished, or that the engine has
never used, is made again: the engine may have changed its data since.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from typing import Any, Mapping

from jetfleet.board.docker_kept import COPY, keep_old
from jetfleet.board.docker_settings import STOPPED, Failed, must, run
from jetfleet.board.docker_settings import main as put_settings
from jetfleet.board.docker_stopped import daemon_runs, note, start_again
from jetfleet.board.place import Place, Unsafe, place_of
from jetfleet.board.tree import first_difference

UNITS = ("docker.socket", "docker.service")
SERVICES = "/etc/jetfleet"
FIELDS = 3
SPARE = 64 << 20
"""Bytes that stay free beside the copy."""

Held = Mapping[str, "frozenset[str]"]


def held() -> Held:
    """Return the images, volumes and containers of the engine that a move must keep.

    Containers of jetfleet's units are made again at each start, and those with `--rm` are gone
    after a stop.
    """
    if not daemon_runs():
        return {}
    containers = asked("ps", "-aq", "--no-trunc").split()
    form = "{{.Id}} {{.HostConfig.AutoRemove}} {{.Name}}"
    shown = asked("container", "inspect", "-f", form, *containers) if containers else ""
    rows = [line.split(" ", 2) for line in shown.splitlines()]
    kept = [row[0] for row in rows if len(row) == FIELDS and row[1] == "false" and not ours(row[2])]
    return {
        "images": frozenset(asked("image", "ls", "-aq", "--no-trunc").split()),
        "volumes": frozenset(asked("volume", "ls", "-q").split()),
        "containers": frozenset(kept),
    }


def asked(*words: str) -> str:
    """Return what Docker says; raise Failed if it does not."""
    done = run("docker", *words)
    if done.returncode:
        raise Failed(f"Docker does not answer `docker {words[0]}`: {done.stdout.strip()}")
    return done.stdout


def ours(name: str) -> bool:
    """Tell whether a container is made by a unit of jetfleet."""
    return os.path.isfile(os.path.join(SERVICES, name.lstrip("/"), "run"))


def check_room(old: str, parent: Place) -> int:
    """Return the bytes of a folder; raise Failed if the disk of the new one lacks room for them."""
    used = run("du", "-s", "-x", "-B1", "--", old).stdout.split()
    if not used or not used[0].isdigit():
        raise Failed(f"the size of {old} cannot be read: look at `du -s {old}`")
    size, disk = int(used[0]), os.fstatvfs(parent.fd)
    room = disk.f_bavail * disk.f_frsize
    if size + SPARE > room:
        raise Failed(
            f"{old} has {size >> 20} MiB, and {parent.path} only {room >> 20} MiB free: make room "
            "there, remove images that are not needed (`docker image prune -a`), or leave move out "
            "of docker in the spec"
        )
    return size


def clear_target(parent: Place, name: str) -> None:
    """Remove an unused copy of ours; raise Failed for a folder that has other data."""
    parent.clear(name + COPY)
    if parent.stat(name) is None:
        return
    with parent.folder(name) as there:
        if os.fstat(there.fd).st_dev != os.fstat(parent.fd).st_dev:
            raise Failed(
                f"{parent.at(name)} is a mount point: write a folder below it as data_root, such "
                f"as {parent.at(name)}/docker"
            )
        ours = there.stat(COPY) is not None
        if os.listdir(there.fd) and not ours:
            raise Failed(
                f"{parent.at(name)} has data already: move them away, or leave move out of docker "
                "in the spec, and the engine uses them"
            )
    parent.rename(name, name + COPY)
    parent.clear(name + COPY)


def check_mounts(old: str) -> None:
    """Raise Failed while something is mounted in a folder."""
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        points = [line.split(" ")[4] for line in file]
    inside = [point for point in points if point.startswith(f"{old}/")]
    if inside:
        raise Failed(
            f"{inside[0]} is still mounted though Docker is stopped: end what uses it (with "
            "`live-restore` containers run on: stop them), then run again"
        )


def copy(old: str, parent: Place, name: str, size: int) -> None:
    """Copy a folder with owners, modes, times, links, holes and attributes, and compare both."""
    with parent.folder(name + COPY, make=True) as into:
        place = f"/proc/self/fd/{into.fd}"
        command = ["cp", "-a", "-x", "--sparse=auto", "--", f"{old}/.", place]
        with subprocess.Popen(command, pass_fds=[into.fd], stderr=subprocess.PIPE) as process:
            free = os.fstatvfs(into.fd).f_bavail
            while process.poll() is None:
                disk = os.fstatvfs(into.fd)
                done = min(max(free - disk.f_bavail, 0) * disk.f_frsize, size)
                print(f"copied {done >> 20} of {size >> 20} MiB", flush=True)
                wait(process)
            said = process.stderr.read().decode(errors="replace") if process.stderr else ""
        if process.returncode:
            raise Failed(f"the copy of {old} failed: {said.strip()[-500:]}")
        print("comparing the copy", flush=True)
        other = first_difference(old, place, into.fd)
        if other:
            raise Failed(f"the copy of {old} is not the same: {other}; run again")
        into.write(COPY, json.dumps({"from": old}).encode())
        # All of it is on the disk before it has its name.
        subprocess.run(["sync", "-f", place], pass_fds=[into.fd], check=True)
    parent.rename(name + COPY, name)


def wait(process: subprocess.Popen[bytes]) -> None:
    """Wait some seconds for a process."""
    end = time.monotonic() + 3
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.1)


def missing(before: Held, after: Held) -> str:
    """Return what an engine no longer has, as text; empty if nothing is missing."""
    lost = {what: len(names - after.get(what, frozenset())) for what, names in before.items()}
    return ", ".join(f"{count} {what}" for what, count in lost.items() if count)


def set_up(job: Mapping[str, Any]) -> None:
    """Put the settings in place and start the engine; raise Failed if it does not come up."""
    try:
        put_settings(job)
    except SystemExit as error:
        raise Failed(str(error)) from None


def switch(job: Mapping[str, Any], before: Held, parent: Place, name: str) -> None:
    """Start the engine with its new folder; without its data it gets the old settings back."""
    try:
        set_up(job)
    except Failed:
        parent.rename(name, name + COPY)
        raise
    lost = missing(before, held())
    if not lost:
        return
    items = job.get("items")
    noted = {"items": {**items, "after": items["before"]}} if items else {}
    set_up({**job, **noted, "text": job["old_text"]})
    parent.rename(name, name + COPY)
    raise Failed(f"in the new folder Docker lacks {lost}: it has its old settings and folder again")


def main(job: Mapping[str, Any]) -> None:
    """Move the engine's data.

    `job` is that of ``docker_settings.py`` with a `text`, and has the folders `old` and `new`, the
    `old_text` of the settings, empty without a file, and the folder `state` for the record.
    """
    os.umask(0o022)
    old, new = job["old"], job["new"].rstrip("/")
    stopped = os.path.join(os.path.dirname(job["started_with"]), STOPPED)
    above, name = os.path.split(new)
    try:
        with place_of(above, make=True) as parent:
            clear_target(parent, name)
            size = check_room(old, parent)
            if not daemon_runs():
                # A run that died in between may have left it stopped; what it has is asked for.
                run("systemctl", "start", "docker.service")
            before = held()
            note(stopped)
            try:
                run("systemctl", "stop", "docker.socket")  # without it nothing starts Docker again
                must("systemctl", "stop", "docker.service")
                check_mounts(old)
                copy(old, parent, name, size)
                switch(job, before, parent, name)
            except BaseException:
                # Docker comes first: a copy may take minutes to remove.
                run("systemctl", "start", *reversed(UNITS))
                start_again(stopped)
                parent.clear(name + COPY)
                raise
        keep_old(new, job["state"])
    except (Failed, Unsafe) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename or new} cannot be written: {error.strerror}")
