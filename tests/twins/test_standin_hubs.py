"""The hubs over real TLS on loopback."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import requests

from twins import standins
from twins.standins import ca, direct
from twins.standins.hubs import process as hubs
from twins.standins.hubs.content import models

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

API = "/v2/org/nim/team/nvidia/models/cosmos-reason2-2b"
VERSION = "1208-fp8-static-kv8"
SHARD = "model-00001-of-00002.safetensors"


@dataclass(frozen=True)
class Running:
    url: str
    fleet: Path
    cache: Path
    process: subprocess.Popen[bytes]
    session: requests.Session

    def get(self, path: str, key: str | None = None) -> requests.Response:
        wanted = {
            "Authorization": f"Bearer {key or standins.secrets_of(self.fleet)['NGC_API_KEY']}"
        }
        return self.session.get(self.url + path, headers=wanted, timeout=5)

    def signed(self, name: str) -> str:
        return str(self.get(f"{API}/{VERSION}/files?path={name}").json()["urls"][0])

    def fault(self, **fields: str | int) -> None:
        url = f"{standins.control_url(self.fleet)}/faults"
        fields.setdefault("match", "files.*")
        assert direct.session().post(url, json=fields, timeout=5).ok


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    cache, fleet = tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("fleet")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    models.publish(cache)
    command = hubs.command(fleet, cache, address, ca.leaf(cache, fleet, ("127.0.0.1",)))
    with ExitStack() as stack:
        process = subprocess.Popen(command.argv, env={**os.environ, **command.env})
        stack.callback(process.wait)
        stack.callback(process.terminate)
        session = stack.enter_context(direct.session(ca.ca_file(cache)))
        _await(session, f"https://{address}/")
        yield Running(f"https://{address}", fleet, cache, process, session)


@pytest.fixture(autouse=True)
def no_faults(running: Running) -> None:
    for path in ("faults", "bytes"):
        direct.session().delete(f"{standins.control_url(running.fleet)}/{path}", timeout=5)


def _await(session: requests.Session, url: str) -> None:
    for _ in range(200):
        if _answers(session, url):
            return
        time.sleep(0.05)
    raise AssertionError(f"nothing answers at {url}")


def _answers(session: requests.Session, url: str) -> bool:
    try:
        session.get(url, timeout=5)
    except requests.ConnectionError:
        return False
    return True


def content(running: Running, name: str) -> bytes:
    cosmos = next(m for m in models.publish(running.cache) if "cosmos" in m.definition.name)
    return next(f for f in cosmos.files if f.path == name).source.read_bytes()


def test_the_key_is_asked_for(running: Running) -> None:
    assert running.get(API).status_code == 200
    assert running.get(API, "nvapi-wrong").status_code == 401
    kept = running.fleet / "keys/ngc"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert standins.secrets_of(running.fleet)["NGC_API_KEY"].startswith("nvapi-")


def test_a_signed_url_needs_no_key_and_takes_none(running: Running) -> None:
    url = running.signed(SHARD)
    assert running.session.get(url, timeout=5).content == content(running, SHARD)
    with_key = running.session.get(url, headers={"Authorization": "Bearer x"}, timeout=5)
    assert with_key.status_code == 400
    assert running.session.get(url + "0", timeout=5).status_code == 403


def test_ranges_and_counts(running: Running) -> None:
    url = running.signed(SHARD)
    part = running.session.get(url, headers={"Range": "bytes=100-199"}, timeout=5)
    assert part.status_code == 206
    assert part.content == content(running, SHARD)[100:200]
    counts = direct.session().get(f"{standins.control_url(running.fleet)}/bytes", timeout=5).json()
    assert [n for place, n in counts.items() if place.endswith(SHARD)] == [100]


def test_a_cut_is_short_and_happens_once(running: Running) -> None:
    running.fault(cut=1000)
    url = running.signed(SHARD)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        running.session.get(url, timeout=5)
    assert running.session.get(url, timeout=5).content == content(running, SHARD)


def test_a_flipped_byte_keeps_the_length(running: Running) -> None:
    running.fault(flip=5000)
    spoiled = running.session.get(running.signed(SHARD), timeout=5).content
    whole = content(running, SHARD)
    assert [i for i, pair in enumerate(zip(spoiled, whole, strict=True)) if len(set(pair)) > 1] == [
        5000
    ]


def test_a_status_and_when_to_come_back(running: Running) -> None:
    url = running.signed(SHARD)
    running.fault(status=429, retry_after=3)
    refused = running.session.get(url, timeout=5)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "3")
    running.fault(match="api.*", status=503)
    assert running.get(API).status_code == 503


def test_ranges_can_be_ignored(running: Running) -> None:
    running.fault(ignore_range=True)
    reply = running.session.get(
        running.signed("config.json"), headers={"Range": "bytes=5-"}, timeout=5
    )
    assert reply.status_code == 200
    assert reply.content == content(running, "config.json")


def test_a_length_can_be_wrong(running: Running) -> None:
    running.fault(length=10)
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        running.session.get(running.signed("config.json"), timeout=5)


def test_a_rate_is_kept(running: Running) -> None:
    running.fault(rate=4000)
    began = time.monotonic()
    body = running.session.get(running.signed("config.json"), timeout=5).content
    assert time.monotonic() - began > len(body) / 4000 * 0.9


def test_the_log_holds_no_secret(running: Running) -> None:
    running.session.get(running.signed(SHARD), timeout=5)
    text = standins.log_file(running.fleet).read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    assert standins.secrets_of(running.fleet)["NGC_API_KEY"] not in text
    assert "Signature" not in text
    assert {line["authorization"] for line in lines if line["place"].startswith("api.")} >= {
        "Bearer"
    }
    assert lines[-1]["sent"] == len(content(running, SHARD))


def test_the_certificate_is_for_the_names_too(running: Running) -> None:
    context = ssl.create_default_context(cafile=str(ca.ca_file(running.cache)))
    host, _, port = running.url.removeprefix("https://").rpartition(":")
    for name in (*standins.HUB_NAMES, *standins.REGISTRY_NAMES):
        with socket.create_connection((host, int(port)), timeout=5) as plain:
            context.wrap_socket(plain, server_hostname=name).close()
    assert (running.cache / "ca/ca.key").stat().st_mode & 0o777 == 0o600


def test_hubs_end_at_once(running: Running) -> None:
    began = time.monotonic()
    running.process.terminate()
    running.process.wait(timeout=2)
    assert time.monotonic() - began < 1
