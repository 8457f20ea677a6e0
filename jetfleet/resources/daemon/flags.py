"""Flags of dockerd that set what daemon.json sets: dockerd does not start with both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.catalog.daemon_keys import key_of_flag
from jetfleet.steps import Refused

if TYPE_CHECKING:
    from collections.abc import Iterable

_EFFECTIVE = "effective"
_STOCK = frozenset({"-H", "--host", "--containerd"})
"""Flags in the units of all packages."""
_OTHER_FILE = "--config-file"
_MERGED = frozenset({"runtimes"})
"""Keys that dockerd takes from both places: `skipDuplicates` in moby's daemon/config/config.go."""


@dataclass(frozen=True)
class Flag:
    """A flag of dockerd, such as ``--data-root``, and the file that sets it."""

    name: str
    path: str

    @property
    def key(self) -> str:
        """The key of daemon.json with the same meaning; empty if it has none."""
        return key_of_flag(self.name)

    @property
    def stock(self) -> bool:
        """Whether the unit of the engine's package has it."""
        return self.name in _STOCK


def read_flags(text: str) -> tuple[Flag, ...]:
    """Return the flags of docker.service that the survey printed.

    Where systemd was asked, these are the flags that hold; else all that the files have.
    """
    found: dict[str, str] = {}
    effective: set[str] = set()
    asked = False
    for line in text.splitlines():
        first, _, rest = line.partition(" ")
        if first == "flag":
            path, _, name = rest.rpartition(" ")
            found[_short(name)] = path
        elif first == _EFFECTIVE:
            asked = True
            effective |= {_short(rest)} - {""}
    names = effective if asked else {*found}
    return tuple(Flag(name, found.get(name, "docker.service")) for name in sorted(names))


def _short(name: str) -> str:
    """Return a flag without a value that is written to it, such as ``-Hfd``."""
    return name if name.startswith("--") else name[:2]


def check_flags(flags: Iterable[Flag], keys: Iterable[str]) -> None:
    """Raise `Refused` for a flag that sets one of these keys of daemon.json too.

    So does a flag with which dockerd reads another file.
    """
    written = {*keys} - _MERGED
    for flag in flags:
        if flag.name == _OTHER_FILE:
            raise Refused(
                f"{flag.path} starts dockerd with {flag.name}: it does not read "
                "/etc/docker/daemon.json, which jetfleet writes; move the keys of that file to "
                f"/etc/docker/daemon.json, and remove the flag from {flag.path}"
            )
        if flag.key in written:
            raise Refused(
                f"{flag.path} starts dockerd with {flag.name}, and daemon.json would have the key "
                f"{flag.key} too: dockerd does not start with both; remove the flag from "
                f"{flag.path}, or the key from docker in the spec and from /etc/docker/daemon.json"
            )
