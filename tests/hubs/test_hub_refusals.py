"""What no wait repairs fails at once, with its cause and remedy; what passes is asked again."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from jetfleet.hubs.image_registry import resolve_image
from jetfleet.workstation.workstation import Workstation
from tests.support.hubs import Loopback, loopback, of, usual

HUBS = {
    "ngc": "ngc:nvidia/tao/peoplenet:deployable_quantized_onnx_v2.6.3",
    "hf": "hf:Qwen/Qwen3-VL-2B-Instruct",
    "modelscope": "modelscope:Qwen/Qwen3-8B",
    "ollama": "ollama:smollm2:135m",
    "web": "https://models.example.org/gguf/none.gguf",
}
NAMES = ("nvidia/tao/peoplenet", "Qwen/Qwen3-VL-2B-Instruct", "Qwen/Qwen3-8B", "smollm2", "gguf")
REFUSALS = (400, 401, 402, 403, 404, 405, 406, 407, 410, 412, 418, 426, 451, 501, 505, 508, 511)
AT_ONCE = 3.0
"""Seconds; the tries of a hub that is busy take 7."""

ADVICE = r"check|create|make a new|choose|look for|write it|log in with|accept"


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    models = of(tmp_path_factory.mktemp("models"), *NAMES)
    with loopback(tmp_path_factory.mktemp("hubs"), usual(models)) as running:
        yield running


def refused(hubs: Loopback, name: str, key: str | None = None) -> str:
    """List a model; return the error, which must come at once."""
    more = {"sha256": hashlib.sha256(b"").hexdigest()} if name == "web" else {}
    began = time.monotonic()
    with pytest.raises(FleetError) as caught:
        hubs.hub(HUBS[name], key, **more).listing()
    assert time.monotonic() - began < AT_ONCE
    return str(caught.value)


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("name", HUBS)
def test_a_refusal_for_good_fails_at_once(hubs: Loopback, name: str, status: int) -> None:
    hubs.fault("*", times=None, status=status)
    try:
        said = refused(hubs, name)
    finally:
        hubs.hubs.faults.clear()
    assert "try again later" not in said, said
    assert "run again" not in said or "log in" in said or "accept" in said, said
    assert any(word in said for word in ADVICE.split("|")), said


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
@pytest.mark.parametrize("name", HUBS)
def test_a_busy_hub_is_no_refusal(
    hubs: Loopback, name: str, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jetfleet.hubs.https.BACKOFF", 0)
    hubs.fault("*", times=None, status=status, retry_after=0)
    more = {"sha256": hashlib.sha256(b"").hexdigest()} if name == "web" else {}
    try:
        with pytest.raises(FleetError, match=f"answered {status}: try again later"):
            hubs.hub(HUBS[name], **more).listing()
    finally:
        hubs.hubs.faults.clear()


@pytest.mark.parametrize("name", HUBS)
def test_a_wrong_certificate_is_named_at_once(
    hubs: Loopback, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with loopback(tmp_path_factory.mktemp("other"), usual([])) as other:
        said = refused(replace(hubs, url=other.url), name)
    assert "the workstation does not trust the certificate of 127.0.0.1" in said, said
    assert "check its clock (`date`), and a proxy in between" in said


@pytest.mark.parametrize("status", [403, 503])
def test_a_legacy_key_that_ngc_does_not_judge(
    hubs: Loopback, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jetfleet.hubs.https.BACKOFF", 0)
    hubs.fault("*token*", times=None, status=status, retry_after=0)
    try:
        with pytest.raises(FleetError) as caught:
            hubs.hub(HUBS["ngc"], "legacy-canary").listing()
    finally:
        hubs.hubs.faults.clear()
    assert ("refuses the key" in str(caught.value)) is (status == 403), caught.value
    assert ("try again later" in str(caught.value)) is (status == 503), caught.value


@pytest.mark.parametrize("status", REFUSALS)
def test_a_registry_of_images_that_refuses(hubs: Loopback, status: int) -> None:
    station = Workstation(
        known_hosts=Path("known_hosts"), registries={"ghcr.io": hubs.url}, ca=hubs.authority
    )
    hubs.fault("*", times=None, status=status)
    began = time.monotonic()
    try:
        with pytest.raises(FleetError) as caught:
            resolve_image("ghcr.io/o/n:1", station)
    finally:
        hubs.hubs.faults.clear()
    assert time.monotonic() - began < AT_ONCE
    assert "again" not in str(caught.value) or status == 511, caught.value
