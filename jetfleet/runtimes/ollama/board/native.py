#!/usr/bin/env python3
"""Written by jetfleet; changes made here are undone.

native FOLDER STORE ARCHIVE...   readies a board for an Ollama of its own

Makes the user ollama, with the groups that may use the GPU; unpacks the archives into FOLDER, once;
and gives the folders of STORE to the user. It runs as root before each start; what is there already
stays. Verified blobs stay root's, for they may be links to files of the models' folder.

The user may write in STORE, and perhaps in folders above it, so no link in there is followed.
"""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
import sys
from contextlib import suppress

USER = "ollama"
HOME = "/usr/share/ollama"
GROUPS = ("render", "video")
DEPTH = 12
"""Folders in one another that are given to the user; a store has five."""

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def run(*command: str) -> None:
    """Run a program; end with its status if it fails."""
    status = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    if status:
        sys.exit(f"{command[0]} ended with status {status}")


def make_user() -> pwd.struct_passwd:
    """Return the user, who is made if absent."""
    try:
        user = pwd.getpwnam(USER)
    except KeyError:
        shell = "/usr/sbin/nologin"
        options = ("--system", "--user-group", "--no-create-home", "--home-dir", HOME)
        run("useradd", *options, "--shell", shell, USER)
        user = pwd.getpwnam(USER)
    there = {group.gr_name for group in grp.getgrall()}
    for group in GROUPS:
        if group in there:
            run("usermod", "-a", "-G", group, USER)
    os.makedirs(HOME, exist_ok=True)
    os.chown(HOME, user.pw_uid, user.pw_gid, follow_symlinks=False)
    return user


def unpack(folder: str, archives: list[str]) -> None:
    """Unpack the archives, and remove the versions of before: they can be unpacked again."""
    if not os.access(folder + "/bin/ollama", os.X_OK):
        new = folder + ".new"
        run("rm", "-rf", "--", new)
        os.makedirs(new)
        for archive in archives:
            run("tar", "-xf", archive, "--no-same-owner", "-C", new)
        if not os.access(new + "/bin/ollama", os.X_OK):
            sys.exit("the archives hold no bin/ollama")
        run("sync", "-f", "--", new)
        os.rename(new, folder)
    for other in os.scandir(os.path.dirname(folder)):
        if other.path != folder:
            run("rm", "-rf", "--", other.path)


def open_store(path: str) -> int:
    """Return a descriptor of the store, which is made if it is not there.

    A link is followed only in a folder where root alone may write, for root has made it.
    """
    names = [name for name in path.split("/") if name]
    at, fd = "/", os.open("/", FOLDER)
    for place, name in enumerate(names, start=1):
        target = link_of(name, fd)
        if target and is_roots(fd):
            os.close(fd)
            return open_store(os.path.normpath(os.path.join(at, target, *names[place:])))
        at = os.path.join(at, name)
        fd = open_below(fd, name, at)
    return fd


def link_of(name: str, fd: int) -> str:
    """Return what a link in a folder names; empty if it is not a link."""
    try:
        return os.readlink(name, dir_fd=fd)
    except OSError:
        return ""


def open_below(fd: int, name: str, path: str) -> int:
    """Return a descriptor of a folder in another, which is closed; make it if it is not there."""
    try:
        with suppress(FileExistsError):
            os.mkdir(name, 0o755, dir_fd=fd)
        return os.open(name, FOLDER, dir_fd=fd)
    except NotADirectoryError:
        sys.exit(
            f"{path} is a link or a file, and {os.path.dirname(path)} can be written by others than"
            " root: remove it, or write the path of the folder itself as models.ollama_store"
        )
    finally:
        os.close(fd)


def is_roots(fd: int) -> bool:
    """Tell whether root alone may change what is in a folder."""
    found = os.fstat(fd)
    return found.st_uid == 0 and not found.st_mode & 0o022


def give(fd: int, user: pwd.struct_passwd, depth: int = DEPTH) -> None:
    """Give a folder and those in it to the user, but for other filesystems."""
    top = os.fstat(fd)
    if top.st_uid != user.pw_uid:
        os.fchown(fd, user.pw_uid, user.pw_gid)
    with os.scandir(fd) as entries:
        names = [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    for name in names:
        try:
            inside = os.open(name, FOLDER, dir_fd=fd)
        except OSError:  # the user has just replaced it
            continue
        try:
            if depth and os.fstat(inside).st_dev == top.st_dev:
                give(inside, user, depth - 1)
        finally:
            os.close(inside)


def main(folder: str, store: str, archives: list[str]) -> None:
    """Do it; a failure is a failed start."""
    os.umask(0o022)
    user = make_user()
    unpack(folder, archives)
    give(open_store(store), user)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
