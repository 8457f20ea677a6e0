"""A hub, mirror or proxy that sends too much, too deep, too slowly, or nonsense: one sentence."""

from __future__ import annotations

import gzip
import json
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from jetfleet.errors import FleetError
from jetfleet.hubs import answer as answers
from jetfleet.hubs.image_registry import resolve_image
from jetfleet.hubs.registry import hub_of
from jetfleet.spec.model import ModelSpec
from jetfleet.workstation.workstation import Workstation
from tests.support.mutations import CAMPAIGN, mutations

LARGEST = 1 << 20
BOMB = gzip.compress(b"[" + b" " * (16 << 20))
SECONDS = 1.5


class Hostile(ThreadingHTTPServer):
    """Answers each request in one way."""

    daemon_threads = True
    way = ""
    text = ""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.closed = threading.Event()

    def handle_error(self, request: object, client_address: object) -> None:
        """The client goes away before everything is sent: that is what is tested."""


class Handler(BaseHTTPRequestHandler):
    server: Hostile

    def do_GET(self) -> None:
        with suppress(OSError):
            getattr(self, f"_{self.server.way}")()

    do_HEAD = do_GET  # noqa: N815 - the library's name

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Print nothing."""

    def _head(self, *headers: tuple[str, str], status: int = 200) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()

    def _text(self) -> None:
        data = self.server.text.encode(errors="surrogatepass")
        self._head(("Content-Length", str(len(data))))
        self.wfile.write(data)

    def _bomb(self) -> None:
        self._head(("Content-Encoding", "gzip"))
        self.wfile.write(BOMB)

    def _packed(self) -> None:
        self._head(("Content-Encoding", "zstd"))
        self.wfile.write(b"{}")

    def _broken(self) -> None:
        self._head(("Content-Encoding", "gzip"))
        self.wfile.write(b"not gzip at all")

    def _endless(self) -> None:
        self._head()
        while True:
            self.wfile.write(b" " * 65536)

    def _drip(self) -> None:
        self._head()
        self._slowly(b" ")

    def _dripped_header(self) -> None:
        self.wfile.write(b"HTTP/1.0 200 OK\r\nX-Slow: ")
        self._slowly(b"x")

    def _slowly(self, byte: bytes) -> None:
        for _ in range(100):
            self.wfile.write(byte)
            self.wfile.flush()
            # Not `sleep`: the thread must end with the test.
            if self.server.closed.wait(0.1):
                return

    def _loop(self) -> None:
        self._head(("Location", self.path), status=302)

    def _away(self) -> None:
        self._head(("Location", "file:///etc/passwd"), status=302)

    def _nowhere(self) -> None:
        self._head(("Location", "http://[::1"), status=302)


@pytest.fixture
def hostile(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hostile]:
    monkeypatch.setattr(answers, "SECONDS_IN_ALL", SECONDS)
    monkeypatch.setattr(answers, "LARGEST", LARGEST)
    monkeypatch.setattr(answers.body, "__defaults__", (LARGEST,))
    server = Hostile(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.closed.set()
    server.shutdown()
    server.server_close()


SOURCES = {
    "ngc": "ngc:nim/nvidia/cosmos-reason2-2b:1",
    "hf": "hf:Qwen/Qwen3-8B",
    "modelscope": "modelscope:Qwen/Qwen3-8B",
    "ollama": "ollama:smollm2:135m",
    "registry": "",
}


def ask(server: Hostile, kind: str) -> None:
    """List a model, or resolve an image, of the hostile server."""
    url = f"http://127.0.0.1:{server.server_port}"
    names = ("ngc", "hf", "modelscope", "registry.ollama.ai", "ollama")
    station = Workstation(
        known_hosts=Path("known_hosts"),
        endpoints=dict.fromkeys(names, url),
        registries={"ghcr.io": url},
    )
    if kind == "registry":
        resolve_image("ghcr.io/a/b:1", station)
        return
    hub_of(ModelSpec.model_validate({"name": "m", "source": SOURCES[kind]}), station).listing()


WAYS = {
    "bomb": "more than 1 MiB",
    "packed": "as 'zstd', which was not asked for",
    "broken": "cannot be decompressed",
    "endless": "more than 1 MiB",
    "drip": "did not complete its answer in 1 s: it is reachable, but too slow",
    "dripped_header": "did not complete its answer",
    "loop": "redirects without end",
    "away": "an address that is not http or https",
    "nowhere": "an address that is not http or https",
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("kind", ["hf", "registry"])
def test_a_hub_that_holds_or_floods_is_named(hostile: Hostile, way: str, kind: str) -> None:
    hostile.way = way
    begun = time.monotonic()
    with pytest.raises(FleetError) as caught:
        ask(hostile, kind)
    assert time.monotonic() - begun < SECONDS + 3
    assert WAYS[way] in str(caught.value)
    assert "127.0.0.1" in str(caught.value)
    assert "check the network" not in str(caught.value)


NONSENSE = {
    "[" * 100_000: "nested deeper",
    '{"a":' * 100_000: "nested deeper",
    "9" * 5000: "a number of 5000 digits",
    '{"sha": 1e999}': "too large",
    "\ud800": "not UTF-8",
    "null": "unknown form",
    "[]": "unknown form",
    "7": "unknown form",
}


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("text", NONSENSE, ids=lambda text: ascii(text[:12]))
def test_nonsense_is_named(hostile: Hostile, kind: str, text: str) -> None:
    hostile.way, hostile.text = "text", text
    with pytest.raises(FleetError, match=NONSENSE[text]):
        ask(hostile, kind)


GOOD = {
    "ngc": {
        "modelVersion": {"status": "UPLOAD_COMPLETE"},
        "modelFiles": [{"path": "a", "sizeInBytes": 1, "sha256_base64": "A" * 43 + "="}],
        "paginationInfo": {"totalPages": 1},
    },
    "hf": {"sha": "a" * 40},
    "modelscope": {
        "Data": {"Files": [{"Path": "a", "Size": 1, "Sha256": "a" * 64, "Type": "blob"}]}
    },
    "ollama": {
        "config": {"digest": "sha256:" + "a" * 64, "size": 1},
        "layers": [{"digest": "sha256:" + "b" * 64, "size": 1}],
    },
    "registry": {"layers": [{"size": 1}], "manifests": [{"digest": "sha256:" + "a" * 64}]},
}


@pytest.mark.parametrize("kind", GOOD)
def test_a_broken_answer_is_a_model_or_one_error(hostile: Hostile, kind: str) -> None:
    hostile.way = "text"
    for text in mutations(json.dumps(GOOD[kind]), 400 if CAMPAIGN else 25, kind):
        hostile.text = text
        with suppress(FleetError):
            ask(hostile, kind)
