"""Puts back the settings with which a service was last ready, and starts it with them.

It prints one word of what it did: `none` if the service never was ready, `same` if it was so with
the files that are there now, `runs` if it still runs with those of then, `back` and how often
systemd has restarted it if it was started with them, or `failed` and why they cannot be put back.

A run that dies in the middle leaves some files of then and some of now; the next one writes those
that the spec wants, and ends here again if they do not get ready.
"""

from __future__ import annotations

import os
import subprocess
import tarfile
from contextlib import suppress
from typing import Any, Dict, Mapping, NamedTuple

NEW = ".jetfleet-new"
MOST = 64 << 20
"""Bytes of an archive: the settings of a service are text."""


class Failed(Exception):
    """The settings of then cannot be put back; the text says why, and what to do."""


class Kept(NamedTuple):
    """A file as it was."""

    mode: int
    uid: int
    gid: int
    content: bytes


Files = Dict[str, Kept]


def kept(archive: str) -> Files:
    """Return the files of an archive by their paths; raise Failed if it cannot be read whole."""
    if not os.path.isfile(archive):
        raise Failed(f"{archive} is not a plain file")
    found: Files = {}
    try:
        if os.path.getsize(archive) > MOST:
            raise Failed(f"{archive} is larger than {MOST} bytes")
        with tarfile.open(archive, "r:") as tar:
            for member in tar:
                content = tar.extractfile(member) if member.isreg() else None
                if content is not None:
                    about = (member.mode & 0o7777, member.uid, member.gid)
                    found["/" + member.name] = Kept(*about, content.read())
    except (tarfile.TarError, EOFError, ValueError) as error:
        raise Failed(f"{archive} is damaged ({error})") from error
    except OSError as error:
        raise Failed(f"{archive} cannot be read ({error.strerror or error})") from error
    return found


def is_same(root: str, files: Files, written: list[str]) -> bool:
    """Tell whether the files that are there now are those of then, and no others."""
    for path in written:
        if path not in files and os.path.lexists(root + path):
            return False
    for path, file in files.items():
        try:
            with open(root + path, "rb") as now:
                if now.read(len(file.content) + 1) != file.content:
                    return False
        except OSError:
            return False
    return True


def write(root: str, files: Files, written: list[str]) -> None:
    """Write the files of then and remove what only the new settings have.

    All are written beside their places first, so that a full disk changes none of them.
    """
    try:
        for path, file in files.items():
            write_beside(root + path + NEW, file)
        for path in files:
            os.replace(root + path + NEW, root + path)
    except OSError as error:
        raise Failed(f"{error.filename or '/etc'} cannot be written ({error.strerror})") from error
    finally:
        for path in files:
            with suppress(OSError):
                os.unlink(root + path + NEW)
    for path in written:
        if path not in files:
            with suppress(OSError):
                os.unlink(root + path)


def write_beside(path: str, file: Kept) -> None:
    """Write one file whole, with its owner and mode, and have it on the disk."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with suppress(FileNotFoundError):
        os.unlink(path)
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with open(fd, "wb") as new:
        new.write(file.content)
        new.flush()
        os.fchown(fd, file.uid, file.gid)
        os.fchmod(fd, file.mode)
        os.fsync(fd)


def systemctl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run systemctl; a failure of it shows in what it returns."""
    return subprocess.run(
        ["systemctl", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def runs_with_them(unit: str, started: str) -> bool:
    """Tell whether the service runs, and was started with the files that are there now."""
    check = ["sha256sum", "-c", "--status", started]
    return (
        systemctl("-q", "is-active", unit).returncode == 0
        and subprocess.run(check, stderr=subprocess.DEVNULL, check=False).returncode == 0
    )


def put_back(job: Mapping[str, Any], root: str) -> str:
    """Return the word; raise Failed."""
    archive = root + job["archive"]
    folder = os.path.dirname(archive)
    if os.path.lexists(folder) and not os.path.isdir(folder):
        raise Failed(f"{folder} is not a folder")
    if not os.path.lexists(archive):
        return "none"
    files = kept(archive)
    if job["unit_file"] not in files:  # it is the last file in an archive
        raise Failed(f"{archive} is cut off")
    if is_same(root, files, job["written"]):
        return "same"
    write(root, files, job["written"])
    systemctl("daemon-reload")
    if runs_with_them(job["unit"], root + job["started"]):
        return "runs"
    systemctl("reset-failed", job["unit"])
    started = systemctl("--no-block", "restart", job["unit"])
    if started.returncode:
        raise Failed(f"{job['unit']} cannot be started with them ({started.stderr.strip()})")
    return f"back {systemctl('show', '-p', 'NRestarts', '--value', job['unit']).stdout.strip()}"


def main(job: Mapping[str, Any], root: str = "") -> None:
    """Put the files of a service back.

    `job` has the `unit` and its `unit_file`, the `archive` with the files of then, the list of
    `started` hashes, and the paths of the files that are `written` now: those that the service did
    not have then are removed.
    """
    os.umask(0o077)
    try:
        print(put_back(job, root))
    except Failed as error:
        print(f"failed {error}")
