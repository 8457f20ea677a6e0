"""Which things on a board are jetfleet's by their names: only these are ever removed.

The record of a board is data of that board. Whatever it holds, nothing is touched but a unit whose
name begins with ``jetfleet-``, a file in a folder of jetfleet's own, and a file that carries the
mark that jetfleet gives to each file that it writes (``jetfleet/board/place.py``).
"""

from __future__ import annotations

import re

from jetfleet.resources.access import SSHD, SUDOERS
from jetfleet.resources.clocks import UNIT as CLOCKS_UNIT
from jetfleet.resources.network import CONNECTIONS, keyfile_of
from jetfleet.resources.unit_up import DROP_IN

CLOCKS_PROGRAM = "/usr/local/lib/jetfleet/clocks"

_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
_SERVICE = re.compile(_NAME)
_UNIT = re.compile(r"[A-Za-z0-9][A-Za-z0-9@_.-]{0,200}\.(service|socket|timer|path)")
_FILE = re.compile(
    r"/etc/jetfleet(/[^/]+){2,}"
    r"|/usr/local/lib/jetfleet/[^/]+"
    r"|/etc/systemd/system/(jetfleet-[^/]+|[^/]+\.d/jetfleet[^/]*\.conf)"
    r"|/etc/NetworkManager/system-connections/jetfleet-[^/]+\.nmconnection"
    rf"|{re.escape(SSHD)}|{re.escape(SUDOERS)}"
)
_DEVICE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,14}")
_LONGEST = 1024

STAYS = frozenset({"/etc/systemd/system/docker.service.d/jetfleet.conf"})
"""Keys of daemon.json stay on the board: without this file Docker would start before their disk."""


def is_service(name: str) -> bool:
    """Tell whether a service or a virtual environment can have this name."""
    return _SERVICE.fullmatch(name) is not None


def is_unit(name: str) -> bool:
    """Tell whether a unit can have this name."""
    return _UNIT.fullmatch(name) is not None


def is_path(path: str) -> bool:
    """Tell whether a text is the plain absolute path of a file that may be removed."""
    names = path.split("/")
    return (
        path.startswith("/")
        and path not in STAYS
        and len(path) <= _LONGEST
        and path.isprintable()
        and not {"", ".", ".."} & set(names[1:])
    )


def is_our_file(path: str) -> bool:
    """Tell whether a file is jetfleet's by its path."""
    return is_path(path) and _FILE.fullmatch(path) is not None


def path_of(kind: str, name: str) -> str:
    """Return the path of the file that a resource is; empty if it is not one file."""
    if kind == "network" and _DEVICE.fullmatch(name):
        return keyfile_of(name)
    if kind == "access" and name in {SSHD, SUDOERS}:
        return name
    return name if kind == "file" else ""


def kept_path(path: str) -> str:
    """Return where a file is kept that a person has changed, as ``jetfleet/board/remove.py`` does.

    NetworkManager reads each file in its folder whose name does not begin with a dot.
    """
    folder, _, name = path.rpartition("/")
    dot = "." if folder == CONNECTIONS else ""
    return f"{folder}/{dot}{name}.jetfleet-kept"


def unit_of(kind: str, name: str) -> str:
    """Return the unit that runs a resource; empty if it has none."""
    if kind == "service" and is_service(name):
        return f"jetfleet-{name}.service"
    if kind in {"unit", "unit-up"} and is_unit(name):
        return name
    return CLOCKS_UNIT if kind == "clocks" else ""


def belongs(path: str, kind: str, name: str) -> bool:
    """Tell whether a file is of nothing but this service, unit or clocks."""
    unit = unit_of(kind, name)
    return (
        path == f"/etc/systemd/system/{unit}"
        or (kind == "service" and path.startswith(f"/etc/jetfleet/{name}/"))
        or (kind == "unit-up" and path == f"/etc/systemd/system/{unit}.d/{DROP_IN}")
        or (kind == "clocks" and path == CLOCKS_PROGRAM)
    )
