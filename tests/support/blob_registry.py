"""A registry on loopback that serves images of a test, can break off, and counts its bytes."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Images:
    """Blobs and manifests by digest.

    Parameters
    ----------
    sent:
        Bytes of bodies by path.
    most:
        Bytes after which each answer breaks off; 0 for never.
    ranges:
        Whether a file can be asked for from a byte on.
    redirect:
        Where blobs are redirected to; empty for nowhere.
    login:
        The header that each request must have; empty for none.

    """

    def __init__(self) -> None:
        self.content: dict[str, bytes] = {}
        self.sent: Counter[str] = Counter()
        self.most = 0
        self.ranges = True
        self.redirect = ""
        self.login = ""

    def blob(self, content: bytes) -> dict[str, Any]:
        """Add a blob; return how a manifest describes it."""
        self.content[digest_of(content)] = content
        return {"digest": digest_of(content), "size": len(content)}

    def image(self, *layers: bytes, machine: str = "arm64") -> str:
        """Add an image; return the digest of its manifest."""
        config = self.blob(json.dumps({"architecture": machine, "os": "linux"}).encode())
        said = {
            "schemaVersion": 2, "mediaType": MANIFEST, "config": config,
            "layers": [self.blob(layer) for layer in layers],
        }  # fmt: skip
        return str(self.blob(json.dumps(said).encode())["digest"])

    def index(self, **machines: str) -> str:
        """Add the index of images for machines; return its digest."""
        rows = [
            {
                "mediaType": MANIFEST, "digest": digest, "size": len(self.content[digest]),
                "platform": {"architecture": machine, "os": "linux"},
            }
            for machine, digest in machines.items()
        ]  # fmt: skip
        said = {"schemaVersion": 2, "mediaType": INDEX, "manifests": rows}
        return str(self.blob(json.dumps(said).encode())["digest"])

    def layers_sent(self) -> int:
        """Bytes of blobs that were sent."""
        return sum(size for path, size in self.sent.items() if "/blobs/" in path)


@contextmanager
def serving(images: Images) -> Iterator[str]:
    """Serve images; yield the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if images.login and self.headers.get("Authorization") != images.login:
                self._answer(401, {"WWW-Authenticate": 'Basic realm="lab"'})
                return
            if images.redirect and "/blobs/" in self.path:
                self._answer(307, {"Location": f"{images.redirect}?signature=canary"})
                return
            content = images.content.get(self.path.rpartition("/")[2])
            if content is None:
                self.send_error(404)
                return
            begin = 0
            if images.ranges and "Range" in self.headers:
                begin = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
            self.send_response(206 if begin else 200)
            if begin:
                self.send_header(
                    "Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}"
                )
            self.send_header("Content-Length", str(len(content) - begin))
            self.end_headers()
            end = begin + images.most if images.most and "/blobs/" in self.path else None
            self.wfile.write(content[begin:end])
            images.sent[self.path] += len(content[begin:end])

        def _answer(self, status: int, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
