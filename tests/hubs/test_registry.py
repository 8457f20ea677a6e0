"""What a registry is asked for: the tag, or the digest that a spec gives."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from jetfleet.hubs.image_registry import resolve_image
from jetfleet.workstation.workstation import Workstation

MANIFEST = json.dumps({"layers": [{"size": 3}, {"size": 4}]}).encode()
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"
KNOWN = {f"/v2/library/x/manifests/{version}" for version in ("1", DIGEST)}


class Registry(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path in KNOWN else 404)
        self.send_header("Content-Length", str(len(MANIFEST)))
        self.end_headers()
        self.wfile.write(MANIFEST)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def workstation(tmp_path: Path) -> Iterator[Workstation]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Workstation(
        known_hosts=tmp_path / "known_hosts",
        folder=tmp_path,
        registries={"docker.io": f"http://127.0.0.1:{server.server_port}"},
    )
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("reference", ["x:1", f"x@{DIGEST}", f"docker.io/library/x:1@{DIGEST}"])
def test_an_image_is_found_by_tag_or_digest(workstation: Workstation, reference: str) -> None:
    locked = resolve_image(reference, workstation)
    assert (locked.digest, locked.size) == (DIGEST, 7)


def test_an_unknown_tag_is_named(workstation: Workstation) -> None:
    with pytest.raises(FleetError, match=r"docker.io has no image library/x with 2, or"):
        resolve_image("x:2", workstation)
