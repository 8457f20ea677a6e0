"""A request and its reply, independent of the connection."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Request:
    """What a client asks; header names in lower case, path without escapes."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""

    @classmethod
    def read(cls, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Request:
        """Parse the target of a request line, and its headers."""
        lower = {name.lower(): value for name, value in headers.items()}
        parts = urlsplit(target)
        host = lower.get("host", "").rpartition(":")[0] or lower.get("host", "")
        return cls(method, host, unquote(parts.path), dict(parse_qsl(parts.query)), lower, body)

    @property
    def bearer(self) -> str | None:
        """The token of an `Authorization: Bearer`."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else None


@dataclass(frozen=True)
class Reply:
    """The answer of a site: a body, or a file, which clients may request in ranges."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    file: Path | None = None


class Site(Protocol):
    """One hub."""

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that it answers under; the first is used in logs and counters."""
        ...

    def answer(self, request: Request) -> Reply | None:
        """Return the answer, or None for a path of another site."""
        ...


def json_reply(status: int, content: object) -> Reply:
    """Make a reply of JSON."""
    kind = ("Content-Type", "application/json")
    return Reply(status, json.dumps(content).encode(), (kind,))
