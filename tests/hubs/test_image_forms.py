"""Every form of an image's reference that a document, a message or the catalog offers works."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jetfleet.catalog.images import images
from jetfleet.catalog.rules import rules
from jetfleet.hubs.image_registry import resolve_image
from jetfleet.resources import Image
from jetfleet.spec.image_ref import ImageRef
from jetfleet.validate import load_checked
from jetfleet.workstation.workstation import Workstation
from tests.support.rendered import ROOT, of

CONFIG = json.dumps({"architecture": "arm64", "config": {}}).encode()
CONFIG_DIGEST = f"sha256:{hashlib.sha256(CONFIG).hexdigest()}"
MANIFEST = json.dumps({"config": {"digest": CONFIG_DIGEST}, "layers": [{"size": 7}]}).encode()
DIGEST = f"sha256:{hashlib.sha256(MANIFEST).hexdigest()}"

_TAGGED = re.compile(
    r"(?<![\w./:-])(?:(?:nvcr|ghcr|docker|quay)\.io/|[a-z0-9-]+/(?=ollama|vllm-openai))"
    r"[a-z0-9][\w./-]*:(?!//)[A-Za-z0-9][\w.-]*\w"
)
_KEY = re.compile(r"\bimage: \"?([\w./:@-]+)")
TEXTS = [
    *(path.read_text("utf-8") for path in (ROOT / "docs").rglob("*.md") if "adr" not in path.parts),
    (ROOT / "README.md").read_text("utf-8"),
    (ROOT / "inventory/lab.yaml").read_text("utf-8"),
    *(path.read_text("utf-8") for path in (ROOT / "jetfleet/spec").glob("*.py")),
    *(f"{rule.remedy} {rule.sentence}" for rule in rules().values()),
]
OFFERED = sorted(
    {str(image.ref) for image in images()}
    | {found for text in TEXTS for found in _TAGGED.findall(text)}
    | {found for text in TEXTS for found in _KEY.findall(text) if ":" in found}
)
FORMS = ("{}", "{}@{digest}", "{name}@{digest}")
SPEC = """
version: 1
hosts:
  orin:
    module: agx-orin-64gb
    jetpack: "6.2"
    address: 192.0.2.12
    waive: {{image-other-board: form, triton-dgpu-on-orin: form, trtllm-on-orin: form}}
    services: {{any: {{runtime: container, image: "{image}", probe: {{port: 8100}}}}}}
"""


class Registry(BaseHTTPRequestHandler):
    """Has one image, under every name."""

    def do_GET(self) -> None:
        kind, _, version = self.path.rpartition("/")
        known = version in {CONFIG_DIGEST, DIGEST} or re.fullmatch(r"[\w][\w.-]{0,127}", version)
        content = (CONFIG if kind.endswith("/blobs") else MANIFEST) if known else b""
        self.send_response(200 if content else 404)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Registry)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_there_are_such_forms() -> None:
    assert len(OFFERED) > 30
    assert any(one.startswith("ollama/ollama") or "docker.io/ollama" in one for one in OFFERED)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("offered", OFFERED)
def test_it_is_validated_locked_and_run_by_its_digest(
    tmp_path: Path, url: str, offered: str, form: str
) -> None:
    name = offered.rpartition(":")[0]
    written = form.format(offered, name=name, digest=DIGEST)
    path = tmp_path / "spec.yaml"
    path.write_text(SPEC.format(image=written), encoding="utf-8")
    spec, _ = load_checked(path)
    ref = spec.hosts[0].services[0].image
    assert ref is not None
    assert ImageRef.parse(ref.full) == ref
    registries = {ref.registry: url}
    station = Workstation(known_hosts=tmp_path / "none", folder=tmp_path, registries=registries)
    locked = resolve_image(ref.full, station)
    assert (locked.digest, locked.size, locked.entrypoint) == (DIGEST, 7, ())
    wanted = of(tmp_path, SPEC.format(image=written), "orin", {ref.full: locked})
    (image,) = (one for one in wanted.values() if isinstance(one, Image))
    assert image.reference == f"{ref.name}@{DIGEST}"
    assert image.digest == DIGEST
