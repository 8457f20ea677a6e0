#!/usr/bin/env python3
"""Written by jetfleet; changes made here are undone.

port FILE [OWN...]   ends with a sentence if a foreign process listens on a port of a service

FILE is the service's ready.json: its `host` is what it listens on at its `ports`. A process is the
service's own if its control group has the name of the unit or one of the words in it, or its
command line has one as an argument.
"""

from __future__ import annotations

import glob
import json
import os
import re
import socket
import struct
import subprocess
import sys
from typing import Any, Collection

LISTEN = "0A"
IPV4_BYTES = 4
WILD = ("0" * 8, "0" * 32)
MAPPED = "0" * 16 + "FFFF0000"
EVERY = ("0.0.0.0", "::")


def swapped(raw: bytes) -> str:
    """Return an address as /proc/net shows it: hex, each four bytes in the processor's order."""
    count = len(raw) // 4
    return "".join(f"{word:08X}" for word in struct.unpack(f"={count}I", raw))


def addresses(host: str) -> tuple[str, ...] | None:
    """Return what a socket may be bound to that stands in the way of one at this address.

    None: whatever it is bound to does, for this is every address.
    """
    if host in EVERY:
        return None
    try:
        found = socket.getaddrinfo("127.0.0.1" if host == "localhost" else host, None)
    except OSError:
        return WILD
    exact = [socket.inet_pton(family, str(name[0])) for family, _, _, _, name in found]
    return (
        *WILD,
        *map(swapped, exact),
        *(MAPPED + swapped(a) for a in exact if len(a) == IPV4_BYTES),
    )


def listening(host: str, port: int) -> set[str]:
    """Return the inodes of the sockets that listen there."""
    wanted, inodes = addresses(host), set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not os.path.exists(table):
            continue
        with open(table, encoding="ascii") as lines:
            for fields in map(str.split, list(lines)[1:]):
                address, _, number = fields[1].partition(":")
                in_the_way = wanted is None or address in wanted
                if fields[3] == LISTEN and int(number, 16) == port and in_the_way:
                    inodes.add(f"socket:[{fields[9]}]")
    return inodes


def holder(inodes: Collection[str]) -> str | None:
    """Return the id of a process that has one of these sockets, or None."""
    for path in glob.glob("/proc/[0-9]*/fd/*"):
        try:
            if os.readlink(path) in inodes:
                return path.split("/")[2]
        except OSError:
            continue  # it was closed meanwhile
    return None


def text(pid: str | None, name: str) -> str:
    """Return a file of a process, empty if it has ended meanwhile."""
    try:
        with open(f"/proc/{pid}/{name}", encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def owner(group: str) -> str:
    """Return what a process belongs to: a container by its name, else the end of its group."""
    end = group.strip().rpartition("/")[2]
    found = re.search("[0-9a-f]{64}", end)
    if not found:
        return end
    command = ["docker", "container", "inspect", "-f", "{{.Name}}", found.group()]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    return "the container " + (done.stdout.strip().lstrip("/") or end)


def foreign(inodes: Collection[str], own: Collection[str]) -> str:
    """Return who has these sockets; nothing if nobody, or the service itself."""
    if not inodes:
        return ""
    pid = holder(inodes)
    group, command = text(pid, "cgroup"), text(pid, "cmdline").split("\0")
    if any(word and (word in group or word in command) for word in own):
        return ""
    if not pid:
        return "something"
    return "{} (pid {}, of {})".format(text(pid, "comm").strip(), pid, owner(group))


def about_of(path: str) -> dict[str, Any]:
    """Return what FILE says; end with a sentence if it is damaged."""
    try:
        with open(path, encoding="utf-8") as file:
            about: dict[str, Any] = json.load(file)
        about["ports"], about["host"]
    except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
        sys.exit(f"{path} is damaged ({type(error).__name__}): run the deploy again")
    return about


def main(path: str, words: list[str]) -> None:
    """End with a sentence if a foreign process has a port of the service."""
    about = about_of(path)
    service = os.path.basename(os.path.dirname(os.path.abspath(path)))
    own = [f"jetfleet-{service}.service", *words]
    for port in about["ports"]:
        who = foreign(listening(about["host"], port), own)
        if who:
            sys.exit(f"port {port} is taken by {who}: end it, or give {service} another port")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
