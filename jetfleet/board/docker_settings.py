"""Puts Docker's settings in place, and starts the daemon with them, or with the old ones.

A daemon that does not come up gets its old settings back: a board without Docker is a board that a
person walks to. The old file is kept until a start has succeeded, so that the next run repairs one
that died in between. An empty old file says that there was none.

The file keeps its owner and its mode, for it may hold passwords; a link to it stays a link.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Mapping

from jetfleet.board.docker_stopped import note, start_again
from jetfleet.board.entry import clear_for_file, is_plain, remove
from jetfleet.board.place import MOST_LINKS, NEW, ROOT, Owner, Place, Unsafe, finish, place_of

UNIT = "docker.service"
CONTAINERD = "containerd.sock"
STOPPED = "docker-stopped.json"
"""Name of the list of what a restart stops, beside the copy that the daemon's unit makes."""

KEPT = ".jetfleet-kept"
"""Name of the old file while it is written."""

MOST = 16 << 20
"""Bytes of a file of settings."""


class Failed(Exception):
    """Docker does not have the settings; the text says why, and what to do."""


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program; what it prints and its status are for the caller."""
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )


def must(*command: str) -> None:
    """Run a program; raise Failed with what it printed if it fails."""
    done = run(*command)
    if done.returncode:
        raise Failed(done.stdout.strip() or f"{' '.join(command)} ended with {done.returncode}")


def folder_of(path: str) -> tuple[Place, str]:
    """Return the folder of a file and its name in there; of a link, those of the file itself."""
    for _ in range(MOST_LINKS):
        folder, name = os.path.split(path)
        place = place_of(folder, make=True)
        path = place.link_of(name)
        if not path:
            return place, name
        with place:
            if not place.is_roots:
                raise Unsafe(
                    f"{place.at(name)} is a link in a folder that others may write: make the "
                    "folder root's, or replace the link by the file"
                )
    raise Unsafe(f"{path} leads through too many links: replace the link by the file")


def replace(config: str, text: str, backup: str) -> None:
    """Put the text in place if dockerd takes it; keep the old file at `backup` unless empty."""
    place, name = folder_of(config)
    with place:
        mode, owner = about(place, name)
        with open(place.create(NEW), "wb") as file:
            file.write(text.encode())
            finish(file, mode, owner)
        try:
            validate(place.at(NEW))
            if backup:
                keep(place, name, backup)
        except Failed:
            place.remove(NEW)
            raise
        place.rename(NEW, name)


def note_items(job: Mapping[str, Any], when: str) -> None:
    """Write which items of lists are jetfleet's, as they are at this time."""
    items = job.get("items")
    if not items or job["text"] is None:
        return
    folder, name = os.path.split(items["path"])
    with place_of(folder, make=True) as place:
        place.clear(name)
        place.write(name, items[when].encode(), mode=0o600)


def about(place: Place, name: str) -> tuple[int, Owner]:
    """Return mode and owner of a file; of one that is not there, those that it should get."""
    found = place.stat(name)
    if found is None:
        return 0o644, ROOT
    return found.st_mode & 0o777, Owner(found.st_uid, found.st_gid)


def validate(path: str) -> None:
    """Raise Failed if dockerd refuses the settings; not every release of it can be asked."""
    if "--validate" in run("dockerd", "--help").stdout:
        done = run("dockerd", "--validate", f"--config-file={path}")
        if done.returncode:
            raise Failed(f"dockerd refuses the settings: {last_line(done.stdout)}")


def last_line(text: str) -> str:
    """Return the last line of what a program printed."""
    return "".join(text.splitlines()[-1:])


def keep(place: Place, name: str, backup: str) -> None:
    """Keep the old file, or an empty one if it is absent, unless a dead run has kept one."""
    if is_plain(Path(backup)):
        return
    remove(Path(backup))
    mode, owner = about(place, name)
    content = b"" if place.stat(name) is None else place.read(name, MOST)
    with place_of(os.path.dirname(backup)) as beside:
        with open(beside.create(KEPT), "wb") as file:
            file.write(content)
            finish(file, mode, owner)
        beside.rename(KEPT, os.path.basename(backup))


def put_back(config: str, backup: str) -> None:
    """Make the settings what they were before, and forget the old file."""
    place, name = folder_of(config)
    with place, place_of(os.path.dirname(backup)) as beside:
        kept = os.path.basename(backup)
        content = beside.read(kept, MOST)
        if content:
            mode, owner = about(beside, kept)
            place.write(name, content, mode=mode, owner=owner)
        else:
            place.remove(name)
        beside.remove(kept)


def restart(config: str, backup: str, stopped: str) -> None:
    """Restart the daemon; if it does not come up, go back to its old settings and raise Failed.

    Settings are not to blame for a daemon that was stopped or killed while it started. What ran
    before runs again; `stopped` is the file that lists it.
    """
    note(stopped)
    up, outside = tried()
    if not up and (outside or CONTAINERD in last_word()):
        # One that has just lost its containerd starts the second time: systemd starts both.
        up, outside = tried()
    if up:
        remove(Path(backup))
        left = start_again(stopped)
        if left:
            raise Failed(f"Docker has these settings, but {', '.join(left)} did not start again")
        return
    check_outside(outside)
    said = last_word()
    if CONTAINERD in said:
        said += (
            "; containerd does not answer: look at `systemctl status containerd` and "
            "`journalctl -u containerd`, and run again"
        )
    if not is_plain(Path(backup)):
        raise Failed(f"Docker does not come up; dockerd said: {said}")
    put_back(config, backup)
    back = starts()
    state = "" if back else ", but Docker does not come up with it either"
    left = start_again(stopped) if back else []
    state += f"; these containers did not start again: {', '.join(left)}" if left else ""
    raise Failed(
        f"Docker did not come up with these settings, and the old {config} is back{state}; write "
        f"other ones under docker in the spec; dockerd said: {said}"
    )


def last_word() -> str:
    """Return the last line of dockerd's log."""
    log = run("journalctl", "-q", "-u", UNIT, "-t", "dockerd", "-n", "1", "-o", "cat", "--no-pager")
    return log.stdout.strip() or "nothing"


def starts() -> bool:
    """Restart the daemon; return whether it came up."""
    # A few starts in a minute are too many for its unit; ours is not one of a loop.
    run("systemctl", "reset-failed", UNIT)
    return run("systemctl", "restart", UNIT).returncode == 0


def tried() -> tuple[bool, bool]:
    """Restart the daemon; return whether it came up, and else whether its settings are not why.

    systemd starts it again by itself after two seconds, and no longer knows then how it ended.
    """
    up = starts()
    return up, not up and ended_from_outside()


def ended_from_outside() -> bool:
    """Whether the daemon that did not come up was stopped by a job or killed by a signal."""
    shown = run("systemctl", "show", "-p", "Result", UNIT).stdout.split()
    return bool({"Result=success", "Result=signal"} & set(shown))


def check_outside(outside: bool) -> None:  # noqa: FBT001 - see `tried`
    """Raise Failed if no settings could bring Docker up now; the next run goes on from here."""
    if run("systemctl", "is-system-running").stdout.strip() == "stopping":
        raise Failed("the board shuts down or reboots: run again when it is up")
    if "LoadState=masked" in run("systemctl", "show", "-p", "LoadState", UNIT).stdout.split():
        raise Failed(
            "Docker is masked: unmask it with `systemctl unmask docker.socket docker.service`, "
            "and run again"
        )
    if outside:
        raise Failed(
            "Docker was stopped or killed while it started, or a unit that it needs failed: look "
            "at `systemctl --failed` and `journalctl -u docker`, and run again"
        )


def main(job: Mapping[str, Any]) -> None:
    """Bring Docker to its settings.

    `job` has the paths `config`, `backup` and `started_with` (the copy that the daemon's unit
    makes), the `text` of the settings or None where the file stays, and whether the unit is to be
    `enabled` and `restarted`. It may have `items`: the `path` of the note of the items that
    jetfleet has put into lists, and its text `before` the settings are written and `after` that.
    """
    os.umask(0o022)
    config, backup = job["config"], job["backup"]
    try:
        must("systemctl", "daemon-reload")
        if job["enabled"]:
            must("systemctl", "-q", "enable", UNIT)
        if job["text"] is not None:
            note_items(job, "before")
            replace(config, job["text"], backup if job["restarted"] else "")
        if job["restarted"]:
            # The unit copies daemon.json there; into a pipe it would do so for ever.
            clear_for_file(Path(job["started_with"]))
            restart(config, backup, os.path.join(os.path.dirname(job["started_with"]), STOPPED))
        else:
            # A daemon that has these settings already goes on, and with it every container.
            remove(Path(backup))
        note_items(job, "after")
    except (Failed, Unsafe) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename or config} cannot be written: {error.strerror}")
