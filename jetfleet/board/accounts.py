"""Users of a board: reads them, adds one, adds it to groups and adds keys that may log in.

Nothing is taken away: neither a user, nor a group of theirs, nor a key. A home belongs to its user,
who may put a link in place of a file in it: root follows none there.
"""

from __future__ import annotations

import grp
import json
import os
import pwd
import subprocess
import sys
from typing import Any, Iterable, Mapping

from jetfleet.board.place import Owner, Place, Unsafe, place_of

KEYS = "authorized_keys"
LARGEST = 1 << 20
MADE = ("docker", "jtop")
"""Groups that are made if the board does not have them yet: their packages make them too."""


def account(name: str) -> pwd.struct_passwd | None:
    """Return a user of the board; None if there is no such one."""
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def groups_of(user: pwd.struct_passwd) -> set[str]:
    """Return the names of the groups that a user is in."""
    return {
        group.gr_name
        for group in grp.getgrall()
        if user.pw_name in group.gr_mem or group.gr_gid == user.pw_gid
    }


def body(key: str) -> str:
    """Return what identifies a public key: its kind and its base64, without options and comment."""
    words = key.split()
    for place, word in enumerate(words[:-1]):
        if word.startswith(("ssh-", "ecdsa-", "sk-")):
            return " ".join(words[place : place + 2])
    return key.strip()


def lines_in(ssh: Place) -> list[str]:
    """Return the lines of a folder's authorized_keys."""
    if ssh.stat(KEYS) is None:
        return []
    return ssh.read(KEYS, LARGEST).decode("utf-8", "surrogateescape").splitlines()


def keys_of(user: pwd.struct_passwd) -> list[str]:
    """Return the lines of a user's authorized_keys; raise Unsafe for what is not a plain file."""
    try:
        with place_of(os.path.join(user.pw_dir, ".ssh")) as ssh:
            return lines_in(ssh)
    except (FileNotFoundError, NotADirectoryError):
        return []


def missing(keys: Iterable[str], lines: Iterable[str]) -> list[str]:
    """Return the keys that no line has."""
    there = {body(line) for line in lines if not line.lstrip().startswith("#")}
    return [key for key in keys if body(key) not in there]


def seen(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return how the board has a user that the spec names."""
    user = account(wanted["name"])
    if user is None:
        return {"name": wanted["name"], "exists": False}
    about = {"name": user.pw_name, "exists": True, "uid": user.pw_uid, "shell": user.pw_shell}
    about["groups"] = sorted(groups_of(user) & set(wanted["groups"]))
    try:
        about["missing"] = len(missing(wanted["keys"], keys_of(user)))
    except Unsafe as error:
        about["unsafe"] = str(error)
    return about


def make(wanted: Mapping[str, Any]) -> pwd.struct_passwd:
    """Return a user, added without a password if the board does not have it."""
    known = {group.gr_name for group in grp.getgrall()}
    for group in wanted["groups"]:
        if group not in known and group not in MADE:
            raise Unsafe(f"the board has no group {group}: correct it in the spec, or add it")
        if group not in known:
            subprocess.run(["groupadd", "--system", group], check=True)
    if account(wanted["name"]) is None:
        shell = ["-s", wanted["shell"] or "/bin/bash"]
        subprocess.run(["useradd", "-m", *shell, wanted["name"]], check=True)
    elif wanted["shell"]:
        subprocess.run(["usermod", "-s", wanted["shell"], wanted["name"]], check=True)
    if wanted["groups"]:
        groups = ",".join(wanted["groups"])
        subprocess.run(["usermod", "-a", "-G", groups, wanted["name"]], check=True)
    return pwd.getpwnam(wanted["name"])


def add_keys(user: pwd.struct_passwd, keys: list[str]) -> None:
    """Add the keys that are missing after those that are there."""
    owner = Owner(user.pw_uid, user.pw_gid)
    with place_of(user.pw_dir) as home:
        new = home.stat(".ssh") is None
        with home.folder(".ssh", make=True, owner=owner) as ssh:
            if new:
                os.fchmod(ssh.fd, 0o700)
            lines = lines_in(ssh)
            text = "".join(f"{line}\n" for line in [*lines, *missing(keys, lines)])
            ssh.write(KEYS, text.encode("utf-8", "surrogateescape"), mode=0o600, owner=owner)


def main(job: Mapping[str, Any]) -> None:
    """Print a line of JSON for each user of `read`, or change the user `change`."""
    os.umask(0o022)
    for wanted in job.get("read", ()):
        print(json.dumps(seen(wanted)))
    if "change" in job:
        try:
            user = make(job["change"])
            if job["change"]["keys"]:
                add_keys(user, job["change"]["keys"])
        except Unsafe as error:
            sys.exit(str(error))
        except (OSError, subprocess.CalledProcessError) as error:
            sys.exit(f"the user {job['change']['name']} cannot be changed: {error}")
