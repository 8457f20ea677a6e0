"""Removes what an apply has put on this board and the spec no longer has.

Units are stopped first, so that their ports are free; then their files go, and what a service left
behind. A file that has another content than those that jetfleet wrote was changed by a person: it
is renamed to NAME.jetfleet-kept, so that it has no effect and is not lost. The record is written
last: whenever this ends in the middle, the next run does it again, and comes to the same end.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
import re
import subprocess
import sys
from contextlib import suppress
from typing import Any, Callable, Mapping

from jetfleet.board.foreign_json import UnreadableJson, read_object
from jetfleet.board.mark import is_marked
from jetfleet.board.place import FOLDER, Place, Unsafe, below, place_of
from jetfleet.board.unmount import unmount

KEPT = ".jetfleet-kept"
CONNECTIONS = "/etc/NetworkManager/system-connections"
"""NetworkManager reads each file there whose name does not begin with a dot."""

UNITS = "/etc/systemd/system"
FOLDERS = (UNITS, "/etc/jetfleet", "/usr/local/lib/jetfleet")
"""They stay when they are empty."""

VENVS = "/usr/local/lib/jetfleet/venvs"
VENV = re.compile(r"(.+)-[0-9a-f]{12}")
"""Its name, and the hash of what is in it."""

PROGRAMS = "/opt/jetfleet"
"""Programs that services have unpacked, in folders named by a hash."""
HASH = re.compile(r"[0-9a-f]{12}")

STATE = "/var/lib/jetfleet/services"
ARCHIVES = ("ready.tar", "starting.tar")
TLS = "/var/lib/jetfleet/tls"
CERTIFICATE = ("key.pem", "cert.pem", "names", "key.new", "cert.new", "names.new")
STARTED = "/run/jetfleet"
LABEL = "jetfleet.started-with"
MOST = 16 << 20
"""Bytes of a file that jetfleet could have written."""
MOST_RECORD = 1 << 20


def run(*command: str) -> subprocess.CompletedProcess[str]:
    """Run a program; a failure of it shows in what it returns."""
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )


def is_own(file: Mapping[str, Any]) -> bool:
    """Tell whether jetfleet has written the file of a unit, or may have: then it may be stopped."""
    folder, name = os.path.split(file["path"])
    try:
        with below_root(folder) as place:
            if file["marked"] and not is_marked(place, name):
                return False
            return not file["begun"] or digest(place, name) in file["sha256"]
    except FileNotFoundError:
        return not file["begun"] and not file["marked"]


def digest(place: Place, name: str) -> str:
    """Return the hash of a file."""
    return hashlib.sha256(place.read(name, MOST)).hexdigest()


def stop(unit: str) -> None:
    """Stop a unit, and let no boot start it again; raise Unsafe if it goes on."""
    done = run("systemctl", "stop", unit)
    if run("systemctl", "-q", "is-active", unit).returncode == 0:
        why = done.stderr.strip() or "it is active again"
        raise Unsafe(f"{unit} cannot be stopped ({why}): look at `systemctl status {unit}`")
    run("systemctl", "-q", "disable", unit)
    for link in glob.glob(f"{UNITS}/*.wants/{glob.escape(unit)}"):
        if os.path.islink(link):
            os.unlink(link)


def remove_container(name: str) -> None:
    """Remove the container of a service; one without jetfleet's label is another's."""
    form = f'{{{{index .Config.Labels "{LABEL}"}}}}'
    shown = run("docker", "container", "inspect", "-f", form, name)
    if shown.returncode == 0 and shown.stdout.strip():
        run("docker", "rm", "-f", name)


def remove_image(names: list[str]) -> None:
    """Take its names from an image, which goes with the last one; raise Unsafe if it is in use."""
    for name in names:
        done = run("docker", "image", "rm", name)
        if done.returncode and "No such image" not in done.stderr:
            raise Unsafe(f"the image {name} cannot be removed: {done.stderr.strip()}")


def remove_state(service: str) -> None:
    """Remove what the unit of a service has kept: archives, a certificate, a note of its start."""
    for path, names in ((STATE, ARCHIVES), (TLS, CERTIFICATE)):
        with suppress(FileNotFoundError, Unsafe):
            with below_root(f"{path}/{service}") as place:
                for name in names:
                    place.remove(name)
            with suppress(OSError):
                os.rmdir(f"{path}/{service}")
            with suppress(OSError):
                os.rmdir(path)
    with suppress(FileNotFoundError, Unsafe), below_root(STARTED) as place:
        place.remove(f"{service}.started")
    remove_folders(f"{PROGRAMS}/{service}", lambda name: HASH.fullmatch(name) is not None)
    with suppress(OSError):
        os.rmdir(PROGRAMS)


def remove_venvs(programs: list[str]) -> None:
    """Remove the virtual environments of these programs, of each version."""

    def is_one(name: str) -> bool:
        found = VENV.fullmatch(name)
        return found is not None and found[1] in programs

    remove_folders(VENVS, is_one)


def remove_folders(path: str, is_ours: Callable[[str], bool]) -> None:
    """Remove the folders of these names in a folder, and that one if nothing else is in it."""
    with suppress(FileNotFoundError, Unsafe):
        with below_root(path) as place:
            for name in filter(is_ours, os.listdir(place.fd)):
                place.clear(name)
        with suppress(OSError):
            os.rmdir(path)


def restart(unit: str) -> None:
    """Restart a service that has read a file which is gone, if it runs and is not gone itself."""
    if run("systemctl", "-q", "is-active", unit).returncode:
        return
    done = run("systemctl", "try-restart", unit)
    if done.returncode:
        why = done.stderr.strip() or f"exit status {done.returncode}"
        raise Unsafe(
            f"{unit} does not start without a file that has left the spec ({why}): look at "
            f"`systemctl status {unit}`"
        )


def below_root(path: str) -> Place:
    """Open a folder to which no link leads."""
    with Place(os.open("/", FOLDER), "/") as root:
        return below(root, path)


def remove_file(path: str, hashes: list[str], *, begun: bool, marked: bool) -> None:
    """Remove one file, or keep it under another name if a person has changed it.

    Parameters
    ----------
    hashes:
        Of the contents that jetfleet wrote there.
    begun:
        Jetfleet may not have written it yet: with another content it is another's.
    marked:
        Only a file with the mark of jetfleet is touched.

    """
    folder, name = os.path.split(path)
    with suppress(FileNotFoundError):
        with below_root(folder) as place:
            if not place.stat(name) or (marked and not is_marked(place, name)):
                return
            if digest(place, name) in hashes:
                place.remove(name)
            elif not begun:
                keep(place, name, "." if folder == CONNECTIONS else "")
            os.fsync(place.fd)
        if folder not in FOLDERS:
            with suppress(OSError):  # others' files are in it
                os.rmdir(folder)


def keep(place: Place, name: str, before: str) -> None:
    """Rename a file beside itself, over no other, with a name that begins with `before`."""
    number = 1
    while place.stat(kept := before + name + KEPT + (f"-{number}" if number > 1 else "")):
        number += 1
    place.rename(name, kept)


def forget(record: str, keys: list[str]) -> None:
    """Write the record without what was removed."""
    if not keys:
        return
    folder, name = os.path.split(record)
    with place_of(folder) as place:
        found: Any = read_object(place.read(name, MOST_RECORD))
        for part in ("put", "resources", "states"):
            for key in keys:
                found.get(part, {}).pop(key, None)
        text = json.dumps(found, sort_keys=True, ensure_ascii=False) + "\n"
        place.write(name, text.encode(), mode=0o600)


def remove_data(job: Mapping[str, Any]) -> None:
    """Remove images and virtual environments, and unmount what has left the spec."""
    for names in job["images"]:
        remove_image(names)
    for path in job["mounts"]:
        unmount(path, job["option"])
    remove_venvs(job["venvs"])


def remove(job: Mapping[str, Any]) -> None:
    """Do all of a job, in its order."""
    units = [one["unit"] for one in job["units"] if is_own(one["file"])]
    for unit in units:
        stop(unit)
    for service in job["services"]:
        remove_container(service)
    for file in job["files"]:
        remove_file(file["path"], file["sha256"], begun=file["begun"], marked=file["marked"])
    for service in job["services"]:
        remove_state(service)
    remove_data(job)
    if job["certificates"]:
        run("update-ca-certificates", "--fresh")
    if job["reload"]:
        run("systemctl", "daemon-reload")
        for unit in units:
            run("systemctl", "reset-failed", unit)
    for unit in job["restart"]:
        restart(unit)
    forget(job["record"], job["keys"])


def main(job: Mapping[str, Any]) -> None:
    """Remove what has left the spec.

    `job` has the `units` to stop (`unit` and its `file`), the `services` by name, the `files`
    (`path`, the `sha256` of what was written there, whether that had only `begun`, whether it must
    be `marked`), the names of each of the `images` and of the `venvs`, the `mounts`
    with the `option` of their lines in /etc/fstab, whether `certificates` have
    gone and systemd must `reload`, the services to `restart`, and the `keys` to take out of the
    `record`.
    """
    os.umask(0o077)
    try:
        remove(job)
    except (Unsafe, UnreadableJson) as error:
        sys.exit(str(error))
    except OSError as error:
        sys.exit(f"{error.filename or job['record']}: {error.strerror}")
