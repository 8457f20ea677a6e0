"""Asks a running Docker engine, over its socket, which images and containers it has.

One process asks all: `docker` takes longer to start than the engine takes to answer. Of what the
engine has only a few members are printed: a container's environment holds secrets. What it does not
have, or cannot say, is not printed, as by `docker inspect`.

`questions` has for each word `images` and `containers` by their names, and `foreign`: whether all
containers are meant that jetfleet did not make. Each answer is a line of that word and JSON.

The exit status is 3 if an image is lacking, and 124 if the engine did not answer in time.
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
OURS = "/etc/jetfleet/{}/run"
"""The file of a container that jetfleet runs; it comes back by its unit."""

SECONDS = "JETFLEET_ENGINE_SECONDS"
LACKING, LATE = 3, 124
SIZE = 16 * 2**20
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/:@")


class Engine:
    """The engine behind a socket; all its answers have to come within some seconds."""

    def __init__(self, path: str, seconds: float) -> None:
        self._path = path
        self._until = monotonic() + seconds

    def containers(self) -> Iterator[dict[str, Any]]:
        """Yield all containers, as a list shows them."""
        yield from self._read("/containers/json?all=1") or ()

    def container(self, name: str) -> Any:
        """Return a container by its name or id; None without one."""
        return self._read(f"/containers/{quoted(name)}/json")

    def image(self, name: str) -> Any:
        """Return an image by its name; None without one."""
        return self._read(f"/images/{quoted(name)}/json")

    def _read(self, path: str) -> Any:
        """Return what the engine answers; None for anything but a success.

        By HTTP/1.0, the answer ends where the connection does. Without a version in its path, a
        question is one of the engine's own version of the API:
        https://docs.docker.com/reference/api/engine/#versioned-api-and-sdk
        """
        found = bytearray()
        with socket.socket(socket.AF_UNIX) as engine:
            self._limit(engine)
            engine.connect(self._path)
            engine.sendall(b"GET %s HTTP/1.0\r\nHost: docker\r\n\r\n" % path.encode())
            while True:
                self._limit(engine)
                part = engine.recv(65536)
                found += part
                if not part or len(found) > SIZE:
                    break
        head, _, body = bytes(found).partition(b"\r\n\r\n")
        return read_json(body, size=SIZE) if head.split(b" ", 2)[1:2] == [b"200"] else None

    def _limit(self, engine: socket.socket) -> None:
        engine.settimeout(max(0.001, self._until - monotonic()))


def quoted(name: str) -> str:
    """Return a name as a part of a path: RFC 3986, 2.1."""
    return "".join(chr(c) if c in _PLAIN else f"%{c:02X}" for c in name.encode())


def answers(engine: Engine, question: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what is printed of an image, a container of a name, and one that is not ours."""
    for name in question.get("images", ()):
        found = engine.image(name)
        if found:
            yield {key: found.get(key) for key in ("Id", "RepoDigests", "RepoTags")}
    for name in question.get("containers", ()):
        found = engine.container(name)
        if found:
            labels, status = found["Config"]["Labels"], found["State"]["Status"]
            yield {"name": found["Name"], "labels": labels, "status": status}
    for listed in engine.containers() if question.get("foreign") else ():
        if any(os.path.isfile(OURS.format(name.strip("/"))) for name in listed["Names"]):
            continue
        found = engine.container(listed["Id"])
        if found:
            running, removed = found["State"]["Running"], found["HostConfig"]["AutoRemove"]
            yield {"running": running, "removed": removed, "name": found["Name"]}


def main(job: dict[str, Any]) -> None:
    """Print the answers."""
    engine = Engine(SOCKET, float(os.environ.get(SECONDS, "15")))
    lacking = False
    try:
        for word, question in job["questions"].items():
            said = list(answers(engine, question))
            lacking = lacking or len(said) < len(question.get("images", ()))
            for one in said:
                print(word, json.dumps(one))
    except socket.timeout:
        sys.exit(LATE)
    except OSError:
        sys.exit(LACKING)  # nothing is behind the socket: it has nothing, as `docker` would say
    sys.exit(LACKING if lacking else 0)
