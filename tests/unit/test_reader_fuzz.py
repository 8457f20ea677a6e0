"""Each reader of foreign text gives a value or its documented error, whatever the text is."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import (
    SSHCertificateBuilder,
    SSHCertificateType,
)

from jetfleet.adopt.describe import describe
from jetfleet.apply.carry_out import load_plan
from jetfleet.bench.files import load_runs
from jetfleet.converge.answer import read_answers
from jetfleet.errors import FleetError
from jetfleet.events.event import Inspected
from jetfleet.events.interpret import host_of, read_host
from jetfleet.hostkeys.certificate import Certificate
from jetfleet.hostkeys.known_hosts import HostName, KnownHosts
from jetfleet.hubs import config, gguf
from jetfleet.hubs.answer import expected_form
from jetfleet.hubs.architecture import _ollama_weights
from jetfleet.lock.file import load_lock
from jetfleet.run.folder import read_about
from jetfleet.spec.load import load
from jetfleet.status.interpret import status_of
from jetfleet.status.readings import SECTION, read_status
from jetfleet.steps import NoAnswer, Refused
from jetfleet.steps.lease import Holder
from jetfleet.text import read_object
from jetfleet.transport.answer import _REFUSED, result_of
from jetfleet.transport.exchange import Exchange
from jetfleet.transport.frame import FRAME
from jetfleet.workstation.overlay import parse_overlay
from tests.support.board_status import NANO
from tests.support.mutations import CAMPAIGN, SEED, mutations
from tests.support.rendered import ROOT

COUNT = 400 if CAMPAIGN else 12
DATA = ROOT / "tests/data"


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def from_file(name: str, read: Callable[[Path], object]) -> Callable[[str, Path], object]:
    """Return a reader of text that is first written into a file."""

    def reader(text: str, folder: Path) -> object:
        path = folder / name
        path.write_bytes(text.encode(errors="surrogatepass"))
        return read(path)

    return reader


def _status(text: str, folder: Path) -> object:
    del folder
    printed = f"@jetfleet-begin {SECTION}\n{text}\n@jetfleet-end 0\n"
    run = host_of("nano", [Inspected(host="nano", readings=read_status(printed))])
    return status_of(NANO, "192.0.2.1", run).model_dump_json()


def _gguf(text: str, folder: Path) -> object:
    del folder
    with expected_form("a hub", "a model"):
        return gguf.architecture_of(text.encode("latin-1", errors="replace"))


def _config(text: str, folder: Path) -> object:
    del folder
    with expected_form("a hub", "a model"):
        return config.architecture_of(read_object(text))


def _header() -> str:
    """Return the beginning of a GGUF file, each byte as a character."""

    def string(text: str) -> bytes:
        return struct.pack("<Q", len(text)) + text.encode()

    key = string("general.architecture") + struct.pack("<I", 8) + string("llama")
    deep = string("a") + struct.pack("<I", 9) + struct.pack("<IQ", 9, 1) * 5000
    return (b"GGUF" + struct.pack("<IQQ", 3, 0, 2) + key + deep).decode("latin-1")


STATUS = (
    '{"release": "# R36 (release), REVISION: 4.3", "uptime": 5.0, "memory": {"total": 8, '
    '"available": 4}, "services": {"cosmos": {"active": "active", "ids": ["m"], "wants": ["m"]}}, '
    '"disks": {"/": {"mounted": true, "total": 5, "free": 1}}, "errors": {}}'
)
CONFIG = (
    '{"architectures": ["X"], "hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 4, '
    '"layer_types": ["full_attention"], "quantization_config": {"quant_method": '
    '"compressed-tensors", "config_groups": {"g": {"weights": {"num_bits": 4, "type": "float"}}}}}'
)
EVENT = (
    '{"schema": 2, "at": 1, "host": "nano", "event": "failed", "resource": "a:b", "begun": 1, '
    '"changes": [], "reason": "x"}\n'
)
ANSWER = '{"answers": [{"model": "m", "text": "x", "tokens": 1, "seconds": 1.5}]}'
RUN = '{"schema": 1, "at": "x", "host": "h", "service": "s", "board": {"module": "m", "l4t": "x"}}'
KEY = base64.b64encode(b"\0\0\0\x0bssh-ed25519" + b"\0\0\0\x20" + b"k" * 32).decode()
KNOWN_HOSTS = (
    f"nano,192.0.2.1 ssh-ed25519 {KEY} comment\n|1|c2FsdA==|ZGlnZXN0 ssh-ed25519 {KEY}\n"
    f"@cert-authority *.lab ssh-ed25519 {KEY}\n# comment\n@revoked * ssh-ed25519 {KEY}\n"
)
OVERLAY = (
    "fleet: 7\nhosts:\n  nano: {address: 10.231.7.2, port: 22}\nkey: /k\n"
    "known_hosts: /h\nca: /ca.pem\nendpoints: {huggingface.co: https://h}\nsecrets: {A: b}\n"
)
MANIFEST = (
    '{"layers": [{"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:ab"}]}'
)


def _known_hosts(text: str, folder: Path) -> object:
    del folder
    known, host = KnownHosts.read(text), HostName("nano", 22)
    found = (known.keys(host), known.authorities(host), known.revoked(host), known.broken)
    return found, known.marked, known.replaced(host, "x")


def _certificate(text: str, folder: Path) -> object:
    """Read a certificate, each byte of which is a character."""
    del folder
    with suppress(ValueError):  # its documented error
        read = Certificate(text.encode("latin-1", errors="replace"))
        return read.doubt("nano", [read.authority], 1e9)
    return None


def _certified() -> str:
    """Return a host certificate, each byte as a character."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(b"k" * 32)
    made = (
        SSHCertificateBuilder()
        .public_key(key.public_key())
        .type(SSHCertificateType.HOST)
        .key_id(b"nano")
        .serial(7)
        .valid_principals([b"nano", b"*.lab"])
        .valid_after(0)
        .valid_before(2**40)
        .sign(key)
    )
    return base64.b64decode(made.public_bytes().split()[1]).decode("latin-1")


def _ollama(text: str, folder: Path) -> object:
    del folder
    return _ollama_weights(text)


def _about(text: str, folder: Path) -> object:
    del folder
    with suppress(ValueError, TypeError, LookupError, AttributeError):  # as documented
        return read_about(text.encode(errors="surrogatepass"))
    return None


RUN_ABOUT = (
    '{"schema": 1, "command": "plan", "spec": "lab.yaml", "deploy": "llm", "commit": "", '
    '"hosts": ["nano"], "began": 1.5, "process": {"pid": 7, "started": "9", "place": "x"}}'
)
HOLDER = '{"who": "a@b", "spec": "lab.yaml", "run": "1", "process": {"pid": 7, "started": "9"}}'


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode(errors="surrogatepass")).decode()


FRAMED = "@frame begin answer\nhello\n\n@frame end answer 1\n"
"""An answer; its mark is another one in each run, and put in after the text is broken."""


def _framed(text: str, folder: Path) -> object:
    """Read the answer to a script; what is refused or not answered is documented."""
    del folder
    data = bytearray(text.replace("@frame", FRAME).encode(errors="surrogatepass"))
    with suppress(Refused, NoAnswer):
        return result_of(Exchange(data, bytearray(), 0), "A script", 5)
    return None


READERS: dict[str, tuple[str, Callable[[str, Path], Any]]] = {
    "spec": (text_of(DATA / "fleet.yaml"), from_file("lab.yaml", load)),
    "lock": (text_of(DATA / "lock.yaml")[:6000], from_file("lab.lock.yaml", load_lock)),
    "plan": ('{"schema": 2, "hosts": [{"host": "nano"}]}', from_file("plan.json", load_plan)),
    "bench": (RUN, from_file("run.json", lambda path: load_runs([path]))),
    "events": (EVENT, from_file("nano.jsonl", lambda path: read_host(path.parent, "nano"))),
    "status": (STATUS, _status),
    "answers": (ANSWER, lambda text, _: read_answers(text)),
    "gguf": (_header(), _gguf),
    "config": (CONFIG, _config),
    "known_hosts": (KNOWN_HOSTS, _known_hosts),
    "certificate": (_certified(), _certificate),
    "overlay": (OVERLAY, lambda text, _: parse_overlay(text.encode(errors="replace"), Path("x"))),
    "ollama": (MANIFEST, _ollama),
    "run": (RUN_ABOUT, _about),
    "lease": (HOLDER, lambda text, _: Holder.decoded(_encoded(text))),
    "locked": (HOLDER, lambda text, _: _REFUSED["locked"](text)),
    "frame": (FRAMED, _framed),
    "adopt": (STATUS, lambda text, _: describe(dict.fromkeys(("board", "docker", "disk"), text))),
}


@pytest.mark.parametrize("name", READERS)
def test_a_reader_of_foreign_text_has_one_error(name: str, tmp_path: Path) -> None:
    good, read = READERS[name]
    # `described` takes endless nesting of a header for an architecture that is not known.
    expected = (FleetError, RecursionError) if name == "gguf" else (FleetError,)
    for text in mutations(good, COUNT, name):
        with _named(f"seed {SEED}, {name}: {text[:3000]!r}"), suppress(*expected):
            read(text, tmp_path)


@contextmanager
def _named(text: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise AssertionError(f"{text} ended with {error!r}") from error
