"""The lines of a known_hosts file, with markers, patterns and hashed names, as `sshd(8)` has them.

https://man.openbsd.org/sshd.8#SSH_KNOWN_HOSTS_FILE_FORMAT
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections import defaultdict
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

PORT = 22
AUTHORITY, REVOKED = "@cert-authority", "@revoked"
_HASHED = "|1|"
_FIELDS = 3


@dataclass(frozen=True)
class HostName:
    """A host as a known_hosts file names it: its address, with the port only if it is not 22."""

    address: str
    port: int = PORT

    def __str__(self) -> str:
        return self.address if self.port == PORT else f"[{self.address}]:{self.port}"

    @property
    def names(self) -> tuple[str, ...]:
        """The names under which a marked line can mean this host: an authority has no port."""
        return tuple(dict.fromkeys((str(self), self.address)))


@dataclass(frozen=True)
class PinnedKey:
    """One line: a key, and the hosts that it is for.

    Parameters
    ----------
    number:
        Of the line, from 1.
    marker:
        Empty, `AUTHORITY` or `REVOKED`.
    hosts:
        Names and patterns of hosts; ``!`` before one excludes it.
    key:
        The public key in SSH's binary form; it begins with its type.

    """

    number: int
    marker: str
    hosts: tuple[str, ...]
    type: str
    key: bytes
    comment: str = ""

    def is_for(self, *names: str) -> bool:
        """Return whether the line is for a host with one of these names."""
        matched = {pattern for pattern in self.hosts for name in names if _matches(pattern, name)}
        return bool(matched) and not any(pattern.startswith("!") for pattern in matched)

    def without(self, name: str) -> PinnedKey | None:
        """Return the line without the host of this very name; None if no host is left."""
        kept = tuple(host for host in self.hosts if not _is(host, name))
        return replace(self, hosts=kept) if kept else None

    def __str__(self) -> str:
        key = base64.b64encode(self.key).decode()
        fields = (self.marker, ",".join(self.hosts), self.type, key, self.comment)
        return " ".join(filter(None, fields))


@dataclass(frozen=True)
class KnownHosts:
    """A whole file: each line as it is written, and the key of those that have one."""

    lines: tuple[tuple[str, PinnedKey | None], ...] = ()

    @classmethod
    def read(cls, text: str) -> KnownHosts:
        """Return the lines of a file; a line that is no key, blank or a comment has no key."""
        return cls(tuple((line, _parsed(line, n)) for n, line in enumerate(text.splitlines(), 1)))

    @property
    def broken(self) -> list[int]:
        """The numbers of the lines that hold something else than a key, a comment or nothing."""
        return [
            number
            for number, (line, key) in enumerate(self.lines, 1)
            if key is None and line.strip() and not line.lstrip().startswith("#")
        ]

    @property
    def marked(self) -> bool:
        """Whether a line has a marker, which paramiko cannot read."""
        return bool(self._marked)

    def keys(self, host: HostName) -> list[PinnedKey]:
        """Return the keys that are pinned for a host."""
        named, others = self._by_name
        found = [*named.get(str(host).lower(), ()), *others]
        mine = (key for key in found if not key.marker and key.is_for(str(host)))
        return sorted(mine, key=lambda key: key.number)

    @cached_property
    def _by_name(self) -> tuple[Mapping[str, Sequence[PinnedKey]], Sequence[PinnedKey]]:
        """Lines by the only name that they are for, and those that may be for several.

        A fleet has a line for each host, and asks for each host.
        """
        named: dict[str, list[PinnedKey]] = defaultdict(list)
        others = []
        for key in self._keys():
            if len(key.hosts) == 1 and not set(key.hosts[0]) & set("*?!|"):
                named[key.hosts[0].lower()].append(key)
            else:
                others.append(key)
        return named, others

    def authorities(self, host: HostName) -> list[PinnedKey]:
        """Return the keys whose certificates count for a host."""
        return [key for key in self._marked if key.marker == AUTHORITY and key.is_for(*host.names)]

    def revoked(self, host: HostName) -> list[PinnedKey]:
        """Return the keys that a host must not use, nor an authority of it."""
        return [key for key in self._marked if key.marker == REVOKED and key.is_for(*host.names)]

    def replaced(self, host: HostName, line: str) -> str:
        """Return the file's text with this line instead of all keys of the host."""
        kept: list[str] = []
        for text, key in self.lines:
            rest = key if key is None or key.marker else key.without(str(host))
            if rest is not None or key is None:
                kept.append(text if rest is key else str(rest))
        return "".join(f"{one}\n" for one in (*kept, line))

    @cached_property
    def _marked(self) -> Sequence[PinnedKey]:
        return [key for key in self._keys() if key.marker]

    def _keys(self) -> Iterable[PinnedKey]:
        return (key for _, key in self.lines if key is not None)


def _parsed(line: str, number: int) -> PinnedKey | None:
    """Return the key of a line, if it has one that is what its type says."""
    marker, rest = "", line.strip()
    if rest.startswith("@"):
        marker, _, rest = rest.partition(" ")
    fields = rest.split(None, _FIELDS)
    if marker not in {"", AUTHORITY, REVOKED} or len(fields) < _FIELDS or rest.startswith("#"):
        return None
    try:
        key, kind = base64.b64decode(fields[2], validate=True), fields[1].encode()
    except ValueError:
        return None
    length = int.from_bytes(key[:4], "big")
    if not key or key[4 : 4 + length] != kind:
        return None
    hosts = tuple(filter(None, fields[0].split(",")))
    return PinnedKey(number, marker, hosts, fields[1], key, "".join(fields[_FIELDS:]))


def _is(host: str, name: str) -> bool:
    """Return whether an entry, which may be hashed, is this very name."""
    if not host.startswith(_HASHED):
        return host.lower() == name.lower()
    salt, _, digest = host.removeprefix(_HASHED).partition("|")
    try:
        made = hmac.new(base64.b64decode(salt), name.encode(), hashlib.sha1).digest()
        return hmac.compare_digest(made, base64.b64decode(digest))
    except ValueError:
        return False


def _matches(pattern: str, name: str) -> bool:
    if pattern.startswith(_HASHED):
        return _is(pattern, name)
    return _is_like(pattern.removeprefix("!").lower(), name.lower())


def _is_like(pattern: str, name: str) -> bool:
    """Return whether a name has the form of a pattern; `*` and `?` are the only wildcards.

    A regular expression would take time without end for a pattern of many `*`.
    """
    at = begun = 0
    star = -1
    while begun < len(name):
        letter = pattern[at] if at < len(pattern) else ""
        if letter == "*":
            star, resumed, at = at, begun, at + 1
        elif letter and letter in ("?", name[begun]):
            at, begun = at + 1, begun + 1
        elif star < 0:
            return False
        else:  # the last `*` takes one letter more
            resumed += 1
            at, begun = star + 1, resumed
    return not pattern[at:].strip("*")


def is_name(pattern: str, name: str) -> bool:
    """Return whether a pattern of hosts with `*` and `?` means this name."""
    return _matches(pattern, name)
