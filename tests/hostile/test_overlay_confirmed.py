"""An overlay sends runs to virtual Jetsons only while the supervisor of these confirms it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from jetfleet.workstation import supervisor
from jetfleet.workstation.supervisor import digest_of
from jetfleet.workstation.workstation import workstation_of
from tests.support.cli import ROOT, call

REAL = "nvapi-the-real-canary"
OWN = "nvapi-the-twins-canary"

SPEC = """\
version: 1
models:
  cosmos: {source: "ngc:nim/nvidia/cosmos-reason2-2b:1208", api_key: {env: NGC_API_KEY}}
hosts:
  orin:
    module: agx-orin-64gb
    jetpack: "6.2"
    address: 192.0.2.1
    ssh: {user: nvidia}
    storage: {device: /dev/nvme0n1, mount: /mnt/nvme, format: never}
    docker: {data_root: /mnt/nvme/docker}
    models: {dir: /mnt/nvme/models, use: [cosmos]}
"""


class Sink(BaseHTTPRequestHandler):
    """The address that an overlay names instead of the hub's: keeps what it is sent."""

    got: list[str] = []  # noqa: RUF012 - of these tests

    def do_GET(self) -> None:
        Sink.got.append(str(self.headers))
        self.send_response(404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def sink() -> Iterator[str]:
    Sink.got.clear()
    server = HTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@dataclass
class Twins:
    """A spec with an overlay beside it, and the folder in which their supervisor listens."""

    spec: Path
    run: Path
    body: dict[str, Any]
    answer: dict[str, Any] = field(default_factory=dict)

    @property
    def overlay(self) -> Path:
        return self.spec.with_suffix(".twins.yaml")

    def write(self) -> None:
        """Write the overlay, and let the supervisor confirm it."""
        with self.overlay.open("w") as out:
            YAML(typ="safe").dump(self.body, out)
        digest = digest_of(self.overlay.read_bytes())
        self.answer |= {"spec": str(self.spec.resolve()), "overlay": digest}

    def lock(self) -> subprocess.CompletedProcess[str]:
        return call("lock", self.spec, environ={"NGC_API_KEY": REAL})


@pytest.fixture
def twins(tmp_path: Path, sink: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Twins]:
    """An overlay that counts: a supervisor listens, here with this user in place of root."""
    run = tmp_path / "run"
    folder = run / "jf3"
    folder.mkdir(parents=True, mode=0o755)
    monkeypatch.setattr(supervisor, "RUN", run)
    monkeypatch.setattr(supervisor, "_ROOT", os.getuid())
    monkeypatch.setattr(supervisor, "_SECONDS", 0.3)
    spec = tmp_path / "fleet/lab.yaml"
    spec.parent.mkdir()
    spec.write_text(SPEC, encoding="utf-8")
    spec.with_suffix(".py").write_text((ROOT / "inventory/lab.py").read_text(encoding="utf-8"))
    body = {
        "fleet": 3, "known_hosts": str(tmp_path / "known_hosts"), "secrets": {"NGC_API_KEY": OWN},
        "endpoints": {"ngc": sink, "ngc_auth": sink}, "registries": {"nvcr.io": sink},
    }  # fmt: skip
    found = Twins(spec, run, body)
    found.write()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / "confirm"))
    listening.listen()

    def serve() -> None:
        with suppress(OSError):
            while True:
                with listening.accept()[0] as peer:
                    if found.answer:
                        peer.sendall(json.dumps(found.answer).encode())
                    else:
                        peer.recv(1)  # it hangs, until the other side gives up

    threading.Thread(target=serve, daemon=True).start()
    yield found
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()


def test_a_confirmed_overlay_is_used_with_its_own_keys_only(twins: Twins) -> None:
    done = twins.lock()
    assert done.stderr.count("lab.yaml: its virtual Jetsons are up, this run goes to them\n") == 1
    assert Sink.got, "the twins' address was asked"
    assert not any(REAL in headers for headers in Sink.got)
    side = workstation_of(twins.spec)
    assert (side.twins, side.fleet, side.folder) == (True, 3, twins.spec.parent)


def git_tracks(twins: Twins) -> None:
    git = ["git", "-C", str(twins.spec.parent)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    subprocess.run([*git, "add", "--force", twins.overlay.name], check=True)


def edited(twins: Twins) -> None:
    twins.overlay.write_text(f"{twins.overlay.read_text()}\n")


def without_number(twins: Twins) -> None:
    del twins.body["fleet"]
    twins.write()


def killed(twins: Twins) -> None:
    path = twins.run / "jf3/confirm"
    path.unlink()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))


def of_another_user(_: Twins) -> None:
    supervisor._ROOT = os.getuid() + 1  # put back by the fixture


def linked(twins: Twins) -> None:
    twins.run.rename(twins.run.with_name("elsewhere"))
    twins.run.symlink_to("elsewhere")


ONLY_ROOT = "is not a folder that only root can write"
SILENT = "their supervisor does not answer"
DOUBTS: dict[str, tuple[Callable[[Twins], object], str]] = {
    "nothing listens": (lambda twins: (twins.run / "jf3/confirm").unlink(), SILENT),
    "a killed supervisor": (killed, SILENT),
    "a supervisor that hangs": (lambda twins: twins.answer.clear(), SILENT),
    "another fleet's number": (lambda twins: (twins.run / "jf3").rename(twins.run / "jf4"), SILENT),
    "no number": (without_number, "it names no supervisor"),
    "another spec": (
        lambda twins: twins.answer.update(spec="/home/eve/lab.yaml"),
        "their supervisor has another spec",
    ),
    "an edited file": (edited, "the file was changed after their supervisor had written it"),
    "a file that was never confirmed": (
        lambda twins: twins.answer.update(overlay=""),
        "the file was changed",
    ),
    "a folder that others can write": (lambda twins: (twins.run / "jf3").chmod(0o777), ONLY_ROOT),
    "a parent that a group can write": (lambda twins: twins.run.chmod(0o775), ONLY_ROOT),
    "a folder of another user": (of_another_user, ONLY_ROOT),
    "a link in the folder's place": (linked, ONLY_ROOT),
    "a file in git": (git_tracks, "is in git, but it sends every run to virtual Jetsons"),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_any_other_overlay_ends_the_run_before_anything_is_asked(twins: Twins, name: str) -> None:
    spoil, sentence = DOUBTS[name]
    spoil(twins)
    done = twins.lock()
    assert done.returncode == 1
    assert sentence in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert Sink.got == []
    assert not twins.spec.with_suffix(".twins.lock.yaml").exists()


def test_a_doubtful_overlay_sends_no_command_to_the_boards(twins: Twins) -> None:
    (twins.run / "jf3/confirm").unlink()
    host = ("orin",)
    for command, *more in (("plan",), ("apply",), ("status",), ("trust", *host), ("validate",)):
        done = call(command, twins.spec, *more)
        assert done.returncode == 1, command
        assert f"{SILENT}: end the twins with `jetfleet twin down" in done.stderr, command


def test_a_key_for_a_stand_in_has_a_name_of_its_own(
    twins: Twins, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = twins.spec.read_text().replace("{env: NGC_API_KEY}", "{env: OUR_KEY}")
    twins.spec.write_text(text)
    monkeypatch.setenv("OUR_KEY", REAL)
    twins.lock()
    assert not any(REAL in headers for headers in Sink.got)
    assert any(OWN in headers for headers in Sink.got)
    monkeypatch.setenv("JETFLEET_TWIN_OUR_KEY", "nvapi-other-canary")
    twins.lock()
    assert any("nvapi-other-canary" in headers for headers in Sink.got)


def test_no_key_but_a_real_one_is_a_sentence(twins: Twins) -> None:
    del twins.body["secrets"]
    twins.write()
    done = twins.lock()
    assert done.returncode == 1
    assert "no key for NGC_API_KEY, and a real key is never sent to them" in done.stderr
    assert not any(REAL in headers for headers in Sink.got)
