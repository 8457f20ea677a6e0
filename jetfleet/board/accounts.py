"""Users of a board: reads them, adds one, adds it to groups and adds keys that may log in.

Nothing is taken away: neither a user, nor a group of theirs, nor a key. A home belongs to its user,
who may put a link in place of a file in it: root follows none there.
"""

from __future__ import annotations

import grp
import json
import os
import pwd
import stat
import subprocess
import sys
from typing import Any, Iterable, Mapping

from jetfleet.board.place import OTHERS_WRITE, Owner, Place, Unsafe, place_of

KEYS = "authorized_keys"
KINDS = ("ssh-", "ecdsa-", "sk-")
"""How the kinds of keys begin."""
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


def body(line: str) -> str:
    """Return the kind and the base64 of the key of a line; empty if the line has no key to log in.

    Its form: sshd(8), AUTHORIZED_KEYS FILE FORMAT. What stands in the quotes of an option is no
    key, and an authority is not a key that logs in.
    """
    rest = line.strip()
    if rest.startswith("#"):
        return ""
    if not rest.startswith(KINDS):
        quoted = False
        for place, letter in enumerate(rest):
            if letter == '"' and rest[place - 1 : place] != "\\":
                quoted = not quoted
            elif letter in " \t" and not quoted:
                options, rest = rest[:place], rest[place:].strip()
                if "cert-authority" in options.lower():
                    return ""
                break
    words = rest.split()
    return " ".join(words[:2]) if rest.startswith(KINDS) else ""


def content_of(ssh: Place) -> bytes:
    """Return the content of a folder's authorized_keys; empty if there is no such file."""
    return b"" if ssh.stat(KEYS) is None else ssh.read(KEYS, LARGEST)


def lines_of(content: bytes) -> list[str]:
    """Return the lines of authorized_keys: sshd ends them at a line feed alone."""
    return content.decode("utf-8", "surrogateescape").split("\n")


def keys_of(user: pwd.struct_passwd) -> list[str]:
    """Return the lines of a user's authorized_keys; raise Unsafe for what is not a plain file."""
    try:
        with place_of(os.path.join(user.pw_dir, ".ssh")) as ssh:
            return lines_of(content_of(ssh))
    except (FileNotFoundError, NotADirectoryError):
        return []


def missing(keys: Iterable[str], lines: Iterable[str]) -> list[str]:
    """Return the keys that no line has."""
    there = {body(line) for line in lines}
    return [key for key in keys if body(key) not in there]


def unsafe_for_sshd(user: pwd.struct_passwd) -> list[str]:
    """Return the paths for which sshd ignores the keys of a user: others may write there.

    sshd_config(5), StrictModes: the file, its folder and the home belong to the user or to root,
    and neither group nor others may write.
    """
    ssh = os.path.join(user.pw_dir, ".ssh")
    found = []
    for path in (user.pw_dir, ssh, os.path.join(ssh, KEYS)):
        try:
            about = os.stat(path, follow_symlinks=False)
        except (FileNotFoundError, NotADirectoryError):
            continue
        if about.st_uid not in {0, user.pw_uid} or about.st_mode & OTHERS_WRITE:
            found.append(path)
    return found


def seen(wanted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return how the board has a user that the spec names."""
    user = account(wanted["name"])
    if user is None:
        return {"name": wanted["name"], "exists": False}
    about = {"name": user.pw_name, "exists": True, "uid": user.pw_uid, "shell": user.pw_shell}
    about["groups"] = sorted(groups_of(user) & set(wanted["groups"]))
    try:
        about["missing"] = len(missing(wanted["keys"], keys_of(user)))
        about["open"] = unsafe_for_sshd(user) if wanted["keys"] else []
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
    """Add the keys that are missing after those that are there, and let sshd take them.

    What the file has stays as it is, byte by byte.
    """
    owner = Owner(user.pw_uid, user.pw_gid)
    with place_of(user.pw_dir) as home:
        new = home.stat(".ssh") is None
        close(home.fd)
        with home.folder(".ssh", make=True, owner=owner) as ssh:
            if new:
                os.fchmod(ssh.fd, 0o700)
            close(ssh.fd)
            content = content_of(ssh)
            added = "".join(f"{key}\n" for key in missing(keys, lines_of(content)))
            end = b"\n" if content and not content.endswith(b"\n") else b""
            whole = content + end + added.encode("utf-8", "surrogateescape")
            ssh.write(KEYS, whole, mode=0o600, owner=owner)


def close(fd: int) -> None:
    """Take from group and others what sshd does not accept: that they may write in a folder."""
    mode = stat.S_IMODE(os.fstat(fd).st_mode)
    if mode & OTHERS_WRITE:
        os.fchmod(fd, mode & ~OTHERS_WRITE)


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
