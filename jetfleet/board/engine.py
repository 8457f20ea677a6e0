"""Asks a running Docker engine which images and containers it has, over its socket.

`docker` takes longer to start than the engine to answer. A few members are printed, as JSON behind
the word of a question: a container's environment holds secrets. What the engine does not have, or
cannot say, is not printed, as by `docker inspect`.

It exits with 3 if an image is lacking, and with 124 if the engine has not answered in time.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from time import monotonic
from typing import Any, Iterator

from jetfleet.board.foreign_json import read_json

SOCKET = "/var/run/docker.sock"
SECONDS = "JETFLEET_ENGINE_SECONDS"
LACKING, LATE = 3, 124
SIZE = 16 * 2**20


def ask(path: str, until: float) -> Any:
    """Return what the engine answers to a path; None for anything but a success.

    By HTTP/1.0, the answer ends with the connection. A path without a version is one of the
    engine's own: https://docs.docker.com/reference/api/engine/#versioned-api-and-sdk
    """
    found = b""
    with socket.socket(socket.AF_UNIX) as engine:
        engine.settimeout(max(0.001, until - monotonic()))
        engine.connect(SOCKET)
        engine.sendall(b"GET %s HTTP/1.0\r\nHost: docker\r\n\r\n" % path.encode())
        part = b" "
        while part and len(found) <= SIZE:
            engine.settimeout(max(0.001, until - monotonic()))
            part = engine.recv(2**20)
            found += part
    head, _, body = found.partition(b"\r\n\r\n")
    return read_json(body, size=SIZE) if head.split(b" ", 2)[1:2] == [b"200"] else None


def quoted(name: str) -> str:
    """Return a name as a part of a path: RFC 3986, 2.1."""
    plain = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@"
    return "".join(chr(c) if c in plain else f"%{c:02X}" for c in name.encode())


def answers(question: dict[str, Any], until: float) -> Iterator[dict[str, Any]]:
    """Yield what is printed of `images` and `containers`, and of `foreign` ones: not jetfleet's."""
    for name in question["images"]:
        found = ask(f"/images/{quoted(name)}/json", until)
        if found:
            yield {key: found.get(key) for key in ("Id", "RepoDigests", "RepoTags")}
    for name in question["containers"]:
        found = ask(f"/containers/{quoted(name)}/json", until)
        if found:
            labels, status = found["Config"]["Labels"], found["State"]["Status"]
            yield {"name": found["Name"], "labels": labels, "status": status}
    for listed in (question["foreign"] and ask("/containers/json?all=1", until)) or ():
        # jetfleet's own come back by their units.
        if not any(os.path.isfile(f"/etc/jetfleet{name}/run") for name in listed["Names"]):
            found = ask(f"/containers/{quoted(listed['Id'])}/json", until)
            if found:
                running, removed = found["State"]["Running"], found["HostConfig"]["AutoRemove"]
                yield {"running": running, "removed": removed, "name": found["Name"]}


def main(job: dict[str, Any]) -> None:
    """Print the answers to each of `job`, in as many seconds as the environment says."""
    until = monotonic() + float(os.environ[SECONDS])
    lacking = False
    try:
        for word, question in job.items():
            said = list(answers(question, until))
            lacking = lacking or len(said) < len(question["images"])
            for one in said:
                print(word, json.dumps(one))
    except socket.timeout:
        sys.exit(LATE)
    except OSError:
        lacking = True  # nothing is behind the socket
    sys.exit(LACKING if lacking else 0)
