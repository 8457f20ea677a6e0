"""A registry of images on the board's own loopback address, for one pull by the engine.

It serves blobs from folders in which each file is named by its SHA-256, and nothing else
(https://github.com/opencontainers/distribution-spec/blob/main/spec.md, only GET and HEAD). Docker
accepts a registry on loopback without TLS, and checks the digest of all that it pulls: so this
program is not trusted, and any repository has any blob.

The job: `port`; `folders`; `ready`, a file that is written when it listens; `wrong`, a file that
gets a line for each blob that was sent with another hash than its name.
"""

from __future__ import annotations

import hashlib
import http.server
import os
import re
import socketserver
import stat
import sys
from typing import Any, BinaryIO, Mapping

from jetfleet.board.foreign_json import UnreadableJson, read_object

ASKED = re.compile(r"^/v2/[a-z0-9][a-z0-9._/-]{0,400}/(manifests|blobs)/sha256:([0-9a-f]{64})$")
RANGE = re.compile(r"^bytes=(\d{1,18})-$")
MOST = 8 << 20
"""Bytes of a manifest that the engine reads."""

CHUNK = 1 << 20
INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
KIND = re.compile(r"application/vnd\.[a-z0-9.+-]{1,80}")


def kind_of(content: bytes) -> str | None:
    """Return the media type of a manifest or an index; None for anything else."""
    try:
        found = read_object(content.decode("utf-8", "replace"))
    except UnreadableJson:
        return None
    said = found.get("mediaType")
    if isinstance(said, str) and KIND.fullmatch(said):
        return said
    return INDEX if "manifests" in found else MANIFEST if "layers" in found else None


class Blobs:
    """The folders with blobs."""

    def __init__(self, folders: list[str], wrong: str) -> None:
        self.folders = folders
        self.wrong = wrong

    def open(self, digest: str) -> BinaryIO | None:
        """Open a blob; None if no folder has it as a plain file."""
        for folder in self.folders:
            try:
                path = os.path.join(folder, digest)
                fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            except OSError:
                continue
            if stat.S_ISREG(os.fstat(fd).st_mode):
                return open(fd, "rb")
            os.close(fd)
        return None

    def note(self, file: BinaryIO, digest: str) -> None:
        """Write down that a blob differs from its name."""
        folder = next((one for one in self.folders if _same(file, one, digest)), "")
        with open(self.wrong, "a", encoding="utf-8") as lines:
            lines.write(f"{folder}/{digest} differs from its name: copy it again, and run again\n")


def _same(file: BinaryIO, folder: str, digest: str) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(os.path.join(folder, digest)))
    except OSError:
        return False


class Registry(http.server.BaseHTTPRequestHandler):
    """Answers GET and HEAD for digests."""

    protocol_version = "HTTP/1.1"
    timeout = 60
    blobs: Blobs

    def do_GET(self) -> None:
        """Send a blob, or a manifest with its type."""
        if self.path == "/v2/":
            self._send({"Content-Type": "application/json"}, b"{}")
            return
        asked = ASKED.match(self.path)
        file = self.blobs.open(asked[2]) if asked else None
        if asked is None or file is None:
            self.send_error(404)
            return
        with file:
            if asked[1] == "blobs":
                self._send_blob(file, asked[2])
            else:
                self._send_manifest(file, asked[2])

    do_HEAD = do_GET  # noqa: N815 - its name in http.server

    def _send_manifest(self, file: BinaryIO, digest: str) -> None:
        content = file.read(MOST + 1)
        kind = kind_of(content)
        if hashlib.sha256(content).hexdigest() != digest:
            self.blobs.note(file, digest)
        if kind is None or len(content) > MOST:
            self.send_error(404)
            return
        self._send({"Content-Type": kind, "Docker-Content-Digest": "sha256:" + digest}, content)

    def _send(self, headers: Mapping[str, str], content: bytes) -> None:
        self._begin(200, {**headers, "Content-Length": str(len(content))})
        if self.command == "GET":
            self.wfile.write(content)

    def _begin(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def _span(self, size: int) -> tuple[int, dict[str, str]]:
        """Return the first byte that is asked for, and the headers that say so."""
        found = RANGE.match(self.headers.get("Range", ""))
        begin = int(found[1]) if found else 0
        if not 0 < begin < size:
            return 0, {}
        return begin, {"Content-Range": f"bytes {begin}-{size - 1}/{size}"}

    def _send_blob(self, file: BinaryIO, digest: str) -> None:
        size = os.fstat(file.fileno()).st_size
        begin, headers = self._span(size)
        headers["Content-Length"] = str(size - begin)
        headers["Content-Type"] = "application/octet-stream"
        headers["Docker-Content-Digest"] = "sha256:" + digest
        self._begin(206 if begin else 200, headers)
        if self.command != "GET":
            return
        seen = hashlib.sha256()
        try:
            left = begin
            while True:
                chunk = file.read(min(CHUNK, left) if left else CHUNK)
                if not chunk:
                    break
                seen.update(chunk)
                # What comes before the range counts for the hash, and is not sent.
                if left:
                    left -= len(chunk)
                else:
                    self.wfile.write(chunk)
        except OSError:  # the engine has gone, or the disk cannot be read
            self.close_connection = True
            return
        if seen.hexdigest() != digest:
            self.blobs.note(file, digest)

    def log_message(self, *_: object) -> None:
        """Keep the journal for what goes wrong."""


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """A thread a connection; the engine opens three."""

    daemon_threads = True
    request_queue_size = 32


def main(job: Mapping[str, Any]) -> None:
    """Serve until the unit ends."""
    Registry.blobs = Blobs(list(job["folders"]), job["wrong"])
    try:
        server = Server(("127.0.0.1", job["port"]), Registry)
    except OSError as error:
        sys.exit(
            f"port {job['port']} of the board cannot be used ({error.strerror}): stop what listens "
            "there, and run again"
        )
    with open(job["ready"], "w", encoding="utf-8"):
        pass
    server.serve_forever()
