"""`app [--host H] [--port P] [--fail STATUS]`: serve a page, and show arguments and environment."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar
from urllib.parse import parse_qs, urlsplit

from twins.standins.servers.kit import life, web

if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM, or end at once with the status of `--fail`."""
    life.end_on_signals()
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="app")
    parser.add_argument("--host", default="0.0.0.0")  # noqa: S104 - for use in containers
    parser.add_argument("--port", "--web.listen-address", type=_port, default=8080)
    parser.add_argument("--fail", type=int)
    parser.add_argument("--status", type=int, default=200)
    given, rest = parser.parse_known_args(words)
    if given.fail is not None:
        life.plain(f"app: ends with {given.fail} because of --fail")
        raise SystemExit(given.fail)
    _Talk.words, _Talk.rest, _Talk.status = words, rest, given.status
    web.Server(given.host, given.port, _Talk).open()


def _port(text: str) -> int:
    """Return the port of an address such as ``:9100``, or a port by itself."""
    return int(text.rpartition(":")[2])


class _Talk(web.Talk):
    words: ClassVar[list[str]]
    rest: ClassVar[list[str]]
    status: ClassVar[int]

    def get(self, path: str) -> None:
        if path == "/standin/options":
            # Only the lengths of values, because some are secrets.
            variables = {name: len(value) for name, value in os.environ.items()}
            self.json(200, {"argv": self.words, "rest": self.rest, "environment": variables})
        elif path == "/standin/file":
            name = parse_qs(urlsplit(self.path).query).get("path", [""])[0]
            there = Path(name).exists()
            writable = there and os.access(name, os.W_OK)
            self.json(200, {"path": name, "exists": there, "writable": writable})
        else:
            self.text(self.status, "app is here\n")
