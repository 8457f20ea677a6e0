#!/usr/bin/env python3
"""Written by jetfleet; changes made here are undone.

seed DIRECTORY PORT    serves the files of verified models in DIRECTORY

GET /<sha256> gives the file that a marker names with this hash, with ranges. Nothing else can be
asked for: no listing, no path. Who fetches checks the hash, so this program is not trusted.
"""

from __future__ import annotations

import http.server
import os
import re
import socketserver
import sys
from typing import Iterable, Iterator

HASH = re.compile(r"^/([0-9a-f]{64})$")
LINE = re.compile("^([0-9a-f]{64}) ([0-9]{1,18}) [0-9.]+ ([^\n\0]+)$")
RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


def find(directory: str, digest: str) -> str | None:
    """Return the path of a verified file by its hash, or None; markers say what was verified."""
    for name in os.scandir(directory):
        if name.name.startswith(".") or not name.is_dir():
            continue
        for revision in os.scandir(name.path):
            marker = os.path.join(revision.path, ".jetfleet")
            if not os.path.isfile(marker):
                continue
            # Whatever a fault has left in one marker must not hide the files of the others.
            with open(marker, encoding="utf-8", errors="surrogateescape") as lines:
                for found in marked(lines, digest):
                    path = os.path.join(revision.path, found[1])
                    if is_below(path, revision.path) and os.path.getsize(path) == found[0]:
                        return path
    return None


def marked(lines: Iterable[str], digest: str) -> Iterator[tuple[int, str]]:
    """Yield size and path of each line of a marker with this hash; other lines are left out."""
    for line in lines:
        found = LINE.match(line)
        if found and found[1] == digest:
            yield int(found[2]), found[3]


def is_below(path: str, folder: str) -> bool:
    """Tell whether a plain file is in a folder; no link or `..` leads it out of there."""
    inside = os.path.realpath(path).startswith(os.path.realpath(folder) + os.sep)
    return inside and os.path.isfile(path)


class Seed(http.server.BaseHTTPRequestHandler):
    """Answers GET and HEAD for hashes."""

    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """Send a file, or the range of it that was asked for."""
        asked = HASH.match(self.path)
        path = find(sys.argv[1], asked[1]) if asked else None
        if path is None:
            self.send_error(404)
            return
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            span = self.span(size)
            if span is None:
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{size}")
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            begin, end = span
            partial = "Range" in self.headers
            self.send_response(206 if partial else 200)
            if partial:
                self.send_header("Content-Range", f"bytes {begin}-{end - 1}/{size}")
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Type", "application/octet-stream")
            self.send_header("Content-Length", str(end - begin))
            self.end_headers()
            if self.command == "GET":
                self.wfile.flush()
                try:
                    # By the kernel, without copying it through this process.
                    self.connection.sendfile(file, begin, end - begin)
                except OSError:  # who asked has gone, or stands still
                    self.close_connection = True

    do_HEAD = do_GET  # noqa: N815 - its name in http.server

    def span(self, size: int) -> tuple[int, int] | None:
        """Return begin and end of the asked range, (0, size) without one, None if it is wrong."""
        if "Range" not in self.headers:
            return 0, size
        found = RANGE.match(self.headers["Range"])
        if not found or not (found[1] or found[2]):
            return None
        if not found[1]:
            return max(0, size - int(found[2])), size
        begin = int(found[1])
        end = min(size, int(found[2]) + 1) if found[2] else size
        return (begin, end) if begin < end else None

    def log_message(self, *_: object) -> None:
        """Keep the journal for what goes wrong."""


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """A thread a connection; a board opens four."""

    daemon_threads = True
    request_queue_size = 64


if __name__ == "__main__":
    Server(("0.0.0.0", int(sys.argv[2])), Seed).serve_forever()
