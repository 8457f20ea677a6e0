"""The native bundle of Ollama: fetched from where people fetch it, unpacked, and run."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.hubs import Loopback, loopback, of, usual
from tests.support.standin_programs import NANO, Running, board, free_port
from twins.standins import direct

RELEASE = "ollama/ollama/releases/download/v0.6.8"
ARCHIVES = ("ollama-linux-arm64.tgz", "ollama-linux-arm64-jetpack6.tgz")


@pytest.fixture(scope="module")
def hubs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loopback]:
    folder = tmp_path_factory.mktemp("hubs")
    with loopback(folder, usual(of(folder, "ollama/ollama"))) as running:
        yield running


def fetch(hubs: Loopback, host: str, path: str) -> bytes:
    with direct.session(hubs.authority) as session:
        answer = session.get(f"{hubs.url}/{path}", headers={"Host": host}, timeout=10)
        assert answer.ok, (path, answer.status_code)
        return answer.content


def test_its_archives_are_where_they_are_and_as_listed(hubs: Loopback) -> None:
    listed = dict(
        reversed(line.split("  ./"))
        for line in fetch(hubs, "github.com", f"{RELEASE}/sha256sum.txt").decode().splitlines()
    )
    for name in ARCHIVES:
        content = fetch(hubs, "github.com", f"{RELEASE}/{name}")
        assert hashlib.sha256(content).hexdigest() == listed[name]
        assert content == fetch(hubs, "ollama.com", f"download/{name}?version=0.6.8")
        assert content == fetch(hubs, "ollama.com", f"download/{name}")
    with direct.session(hubs.authority) as session:
        there = session.get(f"{hubs.url}/download/{name}?version=9", timeout=10)
        assert there.status_code == 404


@pytest.mark.parametrize(("archives", "library"), [(ARCHIVES, "cuda"), (ARCHIVES[:1], "cpu")])
def test_it_runs_where_it_is_unpacked(
    hubs: Loopback, tmp_path: Path, archives: tuple[str, ...], library: str
) -> None:
    for name in archives:
        content = fetch(hubs, "github.com", f"{RELEASE}/{name}")
        subprocess.run(["tar", "-xzC", str(tmp_path)], input=content, check=True)
    root = board(tmp_path / "board", NANO)
    (root / "etc").mkdir()
    (root / "etc/nv_tegra_release").write_text("# R36 (release), REVISION: 2.0, GCID: 1\n")
    program = tmp_path / "bin/ollama"
    port = free_port()
    env = {
        "OLLAMA_HOST": f"127.0.0.1:{port}",
        "OLLAMA_MODELS": str(tmp_path / "store"),
        "JETFLEET_STANDIN_ROOT": str(root),
        "PATH": os.environ["PATH"],
    }
    log = tmp_path / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-I", str(program), "serve"], env=env, stdout=out, stderr=out
        )
    try:
        running = Running(process, f"http://127.0.0.1:{port}", log)
        running.wait()
        assert running.get("/api/tags").json() == {"models": []}
        assert f"library={library}" in log.read_text()
    finally:
        process.terminate()
        assert process.wait(timeout=10) == 0
    assert not list(tmp_path.rglob("*.pyc"))
