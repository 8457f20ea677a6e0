"""A fetch goes through the proxy of the board, and to the seeds of its site without it."""

from __future__ import annotations

import functools
import hashlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jetfleet.board.aria2 import kind_of
from jetfleet.resources.model import Model, ModelFile
from jetfleet.resources.model.fetch import Fetch
from jetfleet.steps import Links
from tests.support.http_proxy import http_proxy

TEXT = b"weights" * 1000
FILE = ModelFile("w.bin", len(TEXT), hashlib.sha256(TEXT).hexdigest())


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Print nothing."""


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[int]:
    """The port of a server that has the file by its name, and by its hash as a seed has it."""
    folder = tmp_path / "served"
    folder.mkdir()
    for name in (FILE.path, FILE.sha256):
        (folder / name).write_bytes(TEXT)
    server = ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def fetched(folder: Path, model: Model, links: Links) -> subprocess.CompletedProcess[str]:
    """Run the fetch program with the stand-in of aria2."""
    (folder / "bin").mkdir()
    shutil.copy(Path(__file__).parents[1] / "support/aria2.py", folder / "bin/aria2c")
    (folder / "bin/aria2c").chmod(0o755)
    script = Fetch(model, model.files).script(links).replace("/run/jetfleet/", f"{folder}/")
    own = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    path = f"{folder}/bin:{os.environ['PATH']}"
    return subprocess.run(
        ["sh", "-s"], input=script, env={**own, "PATH": path},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def written(folder: Path, port: int) -> str:
    """Write the file of variables; return its path."""
    url = f"http://jet:canary%201@127.0.0.1:{port}"
    variables = folder / "proxy.env"
    variables.write_text(f"http_proxy={url}\nHTTP_PROXY={url}\nno_proxy=localhost\n")
    return str(variables)


def test_a_fetch_goes_through_the_proxy(tmp_path: Path, hub: int) -> None:
    # Only the proxy knows where the hub is.
    with http_proxy("jet:canary 1", {"hub.test": ("127.0.0.1", hub)}) as proxy:
        model = Model(
            "m", "r", "hf:a/b", str(tmp_path / "models"), (FILE,),
            proxy=written(tmp_path, proxy.port),
        )  # fmt: skip
        done = fetched(tmp_path, model, Links({FILE.path: ("http://hub.test/w.bin",)}))
        assert done.returncode == 0, done.stdout + done.stderr
        assert proxy.asked == ["hub.test:80"]
        assert proxy.carried == len(TEXT)
    assert (Path(model.folder) / FILE.path).read_bytes() == TEXT
    assert "canary" not in done.stdout + done.stderr


def test_a_proxy_with_another_password_is_no_way(tmp_path: Path, hub: int) -> None:
    with http_proxy("jet:other", {"hub.test": ("127.0.0.1", hub)}) as proxy:
        model = Model(
            "m", "r", "hf:a/b", str(tmp_path / "models"), (FILE,),
            proxy=written(tmp_path, proxy.port),
        )  # fmt: skip
        done = fetched(tmp_path, model, Links({FILE.path: ("http://hub.test/w.bin",)}))
        assert done.returncode
        assert proxy.refused
        assert not proxy.asked


def test_what_aria2_says_of_a_proxy_is_its_own_kind_of_failure() -> None:
    """Its lines of aria2 1.36, of an answer 407 to a GET, and to a CONNECT."""
    got = "[HttpSkipResponseCommand.cc:239] errorCode=22 The response status is not successful. "
    connected = "[AbstractProxyResponseCommand.cc:75] errorCode=1 Proxy connection failed."
    assert kind_of(22, [f"{got}status=407"]) == "proxy"
    assert kind_of(1, [connected]) == "proxy"


def test_seeds_are_asked_without_the_proxy(tmp_path: Path, hub: int) -> None:
    with http_proxy("jet:canary 1") as proxy:
        model = Model(
            "m", "r", "hf:a/b", str(tmp_path / "models"), (FILE,),
            seeds=(f"http://127.0.0.1:{hub}",), proxy=written(tmp_path, proxy.port),
        )  # fmt: skip
        done = fetched(tmp_path, model, Links({FILE.path: ("http://hub.test/w.bin",)}))
        assert done.returncode == 0, done.stdout + done.stderr
        assert not proxy.asked


def test_a_file_of_variables_that_is_gone_is_named(tmp_path: Path) -> None:
    model = Model("m", "r", "hf:a/b", str(tmp_path / "models"), (FILE,))
    gone = replace(model, proxy=str(tmp_path / "none.env"))
    done = fetched(tmp_path, gone, Links({FILE.path: ("http://hub.test/w.bin",)}))
    assert done.returncode
    assert f"{tmp_path}/none.env" in done.stderr
    assert "Traceback" not in done.stderr
