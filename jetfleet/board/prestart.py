#!/usr/bin/env python3
"""Written by jetfleet; changes made here are undone.

prestart FILE            readies the board for a start of the service of FILE (ExecStartPre)
prestart FILE --remove   only removes the container that a service has left behind (ExecStopPost)

FILE is the service's ready.json: `folders` are those of the models that it needs, `container` says
whether it runs in one. What it starts with is noted in /run/jetfleet/NAME.started, as sha256sum
writes it, and kept in /var/lib/jetfleet/services/NAME/starting.tar: the unit renames that once the
service is ready, so that a run can put it back if other settings never are.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tarfile
from contextlib import suppress
from typing import Any, Iterator

PORT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "port")
ENGINE = "/run/docker.pid"


def check_models(folders: list[str]) -> None:
    """End with a sentence unless the models are complete: their markers are written last."""
    for folder in folders:
        if not os.path.isfile(folder + "/.jetfleet"):
            sys.exit(f"the model in {folder} is not complete: run the deploy again")


def remove(name: str, *, container: bool) -> None:
    """Remove the container of the service, if there is one.

    A service that is no container may have been one before; an engine that does not run is not
    started to ask.
    """
    if container or os.path.exists(ENGINE):
        command = ["docker", "rm", "-f", name]
        quiet = subprocess.DEVNULL
        with suppress(FileNotFoundError):  # there is no Docker
            subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, check=False)


def check_ports(path: str) -> None:
    """End as `port` does, with its sentence, if a foreign process has a port of the service."""
    done = subprocess.run([PORT, path], check=False)
    if done.returncode:
        sys.exit(done.returncode)


def settings(name: str) -> tuple[str, str]:
    """Return the places of all that a service is started with, below the root folder."""
    return f"etc/jetfleet/{name}", f"etc/systemd/system/jetfleet-{name}.service"


def files(place: str) -> Iterator[str]:
    """Yield the plain files at a path."""
    if os.path.isfile(place):
        yield place
    for folder, _, names in os.walk(place):
        for path in sorted(os.path.join(folder, one) for one in names):
            if os.path.isfile(path) and not os.path.islink(path):
                yield path


def note(name: str, root: str = "/") -> None:
    """Note the hashes of what the service is started with, until the next boot."""
    folder = root + "run/jetfleet"
    if not os.path.isdir(folder):
        clear(folder)
    os.makedirs(folder, exist_ok=True)
    lines = []
    for place in settings(name):
        for path in files(root + place):
            with open(path, "rb") as content:
                lines.append(f"{hashlib.sha256(content.read()).hexdigest()}  {path}\n")
    path, new = f"{folder}/{name}.started", f"{folder}/{name}.started-new"
    try:
        for one in (path, new):
            if not os.path.isfile(one) or os.path.islink(one):
                clear(one)
        with open(new, "w", encoding="utf-8") as started:
            started.writelines(lines)
        os.replace(new, path)
    except OSError as error:
        sys.exit(f"{path} cannot be written: {error}; look at `df` and `df -i`")


def keep(name: str, root: str = "/") -> None:
    """Keep what the service is started with; the same settings make the same archive.

    The archive is written beside its place, read again and synced before it gets its name, so that
    a full disk or a power cut leaves no archive that is cut off.
    """
    folder = f"{root}var/lib/jetfleet/services/{name}"
    archive, new = folder + "/starting.tar", folder + "/starting.tar-new"
    try:
        if not os.path.isdir(folder):
            clear(folder)
        os.makedirs(folder, exist_ok=True)
        if not os.path.isfile(folder + "/ready.tar"):
            clear(folder + "/ready.tar")
        for path in (archive, new):
            clear(path)
        command = ["tar", "-C", root, "--sort=name", "--mtime=@0", "-cf", new, *settings(name)]
        subprocess.run(command, check=True)
        check_archive(new, settings(name)[-1])
        os.rename(new, archive)
    except (OSError, tarfile.TarError, subprocess.CalledProcessError) as error:
        # The service can do without it: what was ready before is put back then.
        print(
            f"the settings of {name} are not kept, and cannot be put back later: {error}; check "
            "that /var/lib has free space and can be written",
            file=sys.stderr,
        )
        with suppress(OSError):
            clear(new)


def clear(path: str) -> None:
    """Remove whatever is at a path, so that a file of our own can be there."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)


def check_archive(path: str, last: str) -> None:
    """Read an archive whole, and have it on the disk; raise an error if it is cut off.

    Parameters
    ----------
    last:
        The file at its end.

    """
    names = []
    with open(path, "rb") as file:
        with tarfile.open(fileobj=file, mode="r:") as archive:
            for member in archive:
                names.append(member.name)
                content = archive.extractfile(member)
                if content is not None:
                    content.read()
        if names[-1:] != [last]:
            raise tarfile.ReadError(f"{path} is cut off")
        os.fsync(file.fileno())


def drop_caches() -> None:
    """Free the pages of files that were just written: CPU and GPU share one memory."""
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as caches:
        caches.write("3")


def about_of(path: str) -> dict[str, Any]:
    """Return what FILE says; end with a sentence if it is damaged."""
    try:
        with open(path, encoding="utf-8") as file:
            about: dict[str, Any] = json.load(file)
        about["folders"], about["container"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        sys.exit(f"{path} is damaged ({type(error).__name__}): run the deploy again")
    return about


def main(path: str, *, only_remove: bool) -> None:
    """Do it; a failure is a failed start."""
    os.umask(0o077)
    name = os.path.basename(os.path.dirname(os.path.abspath(path)))
    if only_remove:  # its files may be gone by now
        remove(name, container=True)
        return
    about = about_of(path)
    check_models(about["folders"])
    remove(name, container=about["container"])
    check_ports(path)
    note(name)
    keep(name)
    drop_caches()


if __name__ == "__main__":
    main(sys.argv[1], only_remove="--remove" in sys.argv[2:])
