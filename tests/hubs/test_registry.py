"""What a lock asks a registry: the tag or the digest of a spec, and what the image is for arm64."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from jetfleet.errors import FleetError
from jetfleet.hubs.image_registry import resolve_image
from jetfleet.lock.file import load_lock, save_lock
from jetfleet.lock.model import Lock
from jetfleet.workstation.workstation import Workstation


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


class Pages:
    """The manifests and configurations of one repository, by path."""

    def __init__(self, repository: str) -> None:
        self.folder = f"/v2/{repository}"
        self.pages: dict[str, bytes] = {}

    def put(self, kind: str, said: Any, tag: str = "") -> str:
        content = json.dumps(said).encode()
        digest = digest_of(content)
        for name in {digest, tag} - {""}:
            self.pages[f"{self.folder}/{kind}/{name}"] = content
        return digest

    def image(self, machine: str, entrypoint: list[str] | None, tag: str = "") -> str:
        config = {"architecture": machine, "os": "linux", "config": {"Entrypoint": entrypoint}}
        described = {"digest": self.put("blobs", config)}
        layers = [{"size": 3}, {"size": 4}]
        return self.put("manifests", {"config": described, "layers": layers}, tag)

    def index(self, tag: str, **machines: str) -> str:
        rows = [
            {"digest": digest, "platform": {"architecture": machine, "os": "linux"}}
            for machine, digest in machines.items()
        ]
        return self.put("manifests", {"manifests": rows}, tag)


PAGES = Pages("library/x")
PLAIN = PAGES.image("arm64", ["/bin/x"], tag="1")
FOREIGN = PAGES.image("amd64", ["/bin/x"], tag="amd64")
BOTH = PAGES.index("both", amd64=FOREIGN, arm64=PLAIN)
SERVER = PAGES.index("server", amd64=FOREIGN, unknown=FOREIGN)
NOTHING = PAGES.image("arm64", None, tag="none")
LOST = PAGES.put("manifests", {"config": {"digest": f"sha256:{'3' * 64}"}, "layers": []}, "lost")
PAGES.index("lost-in-index", arm64=LOST)


class Registry(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        content = PAGES.pages.get(self.path, b"")
        self.send_response(200 if content else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

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


@pytest.mark.parametrize("reference", ["x:1", f"x@{PLAIN}", f"docker.io/library/x:1@{PLAIN}"])
def test_an_image_is_found_by_tag_or_digest(workstation: Workstation, reference: str) -> None:
    locked = resolve_image(reference, workstation)
    assert (locked.digest, locked.size, locked.entrypoint) == (PLAIN, 7, ("/bin/x",))


def test_the_digest_of_an_index_is_locked_with_the_entrypoint_for_arm64(
    workstation: Workstation, tmp_path: Path
) -> None:
    locked = resolve_image("x:both", workstation)
    assert (locked.digest, locked.entrypoint) == (BOTH, ("/bin/x",))
    assert resolve_image("x:none", workstation).entrypoint == ()
    assert resolve_image("x:lost-in-index", workstation).entrypoint is None
    path = tmp_path / "spec.lock.yaml"
    lock = Lock(images={"docker.io/library/x:both": locked})
    save_lock(lock, path, tmp_path / "spec.yaml")
    assert load_lock(path) == lock


def test_an_unknown_tag_is_named(workstation: Workstation) -> None:
    with pytest.raises(FleetError, match=r"docker.io has no image library/x with 2, or"):
        resolve_image("x:2", workstation)


@pytest.mark.parametrize("tag", ["amd64", "server"])
def test_an_image_for_other_machines_is_refused(workstation: Workstation, tag: str) -> None:
    with pytest.raises(FleetError, match=rf"x:{tag} is built for amd64, not for arm64.*name a tag"):
        resolve_image(f"x:{tag}", workstation)


def test_an_image_without_index_and_configuration_is_not_taken_for_one_of_arm64(
    workstation: Workstation,
) -> None:
    with pytest.raises(FleetError):
        resolve_image("x:lost", workstation)


def test_a_registry_that_sends_another_image_for_a_digest_is_refused(
    workstation: Workstation,
) -> None:
    other = f"sha256:{'4' * 64}"
    PAGES.pages[f"/v2/library/x/manifests/{other}"] = PAGES.pages["/v2/library/x/manifests/1"]
    with pytest.raises(FleetError, match=f"docker.io sent another image for {other}"):
        resolve_image(f"x:1@{other}", workstation)
