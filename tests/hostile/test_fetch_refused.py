"""A hub that refuses a file for good ends a fetch at once; one that is busy or slow is asked again.

Each status goes through the fetch program as boards run it, with a model of many files: aria2 by
itself asks for each of them, with a pause after each.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from jetfleet.resources.model import Model, ModelFile
from jetfleet.resources.model.fetch import Fetch
from jetfleet.steps import Links, Result, StepFailed, Upload, Watch
from jetfleet.steps.link import LinkResolver
from twins.standins.ca import leaf

FILES = 14
MOST = 6
"""Requests until aria2 has ended, after the first refusal."""


class Hub(ThreadingHTTPServer):
    """A server that answers each request with one status."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.status = 403
        self.asked = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Answer(BaseHTTPRequestHandler):
    server: Hub

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Print nothing."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub()
    yield server
    server.shutdown()
    server.server_close()


class Board:
    """A folder as a board; its fetches run here at once, as the unit would run them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "run").mkdir()
        (folder / "bin").mkdir()
        shutil.copy(Path(__file__).parents[1] / "support/aria2.py", folder / "bin/aria2c")
        (folder / "bin/aria2c").chmod(0o755)
        files = tuple(
            ModelFile(f"{n}.bin", 9, hashlib.sha256(b"x").hexdigest()) for n in range(FILES)
        )
        self.fetching = Fetch(Model("m", "r", "hf:a/b", str(folder / "models"), files), files)
        self.tries: list[bool] = []
        self.bytes = 0
        self.grows = 0
        self.printed = ""

    def script(self, url: str, *, one_piece: bool = False) -> str:
        links = Links({f"{n}.bin": (f"{url}/{n}?Signature=canary",) for n in range(FILES)})
        text = self.fetching.script(links, one_piece=one_piece)
        return text.replace("/run/jetfleet/", f"{self.folder}/run/")

    def fetch(self, url: str) -> subprocess.CompletedProcess[str]:
        """Run the program once."""
        path = f"{self.folder}/bin:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-s"], input=self.script(url), env={**os.environ, "PATH": path},
            capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def apply(self, url: str) -> str:
        """Execute the steps of a fetch; return why it failed."""

        def links(model: str, paths: object, fresh: bool) -> Links:  # noqa: FBT001
            del model, paths
            self.tries.append(fresh)
            return Links({f"{n}.bin": (f"{url}/{n}",) for n in range(FILES)})

        steps = self.fetching.steps(LinkResolver(links))
        step = next(steps)
        try:
            while True:
                assert not isinstance(step, Upload)
                if not isinstance(step, Watch):
                    step = steps.send(Result(ok=True, out="inactive\n"))
                    continue
                out = self._look(url)
                progress = step.judge(out)
                if progress.failed:
                    step = steps.throw(StepFailed(progress.failed))
                step = steps.send(Result(ok=True, out=out))
        except StepFailed as failed:
            return str(failed)

    def _look(self, url: str) -> str:
        done = self.fetch(url)
        self.printed += done.stdout
        self.bytes += self.grows
        why = self.folder / f"run/{self.fetching.unit}.json"
        return (
            f"ActiveState=failed\nResult=exit-code\nExecMainStatus={done.returncode}\n-- log\n"
            f"bytes={self.bytes}\nbytes=staged\n-- status\n{why.read_text()}"
        )


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


LOCK = r"the hub does not have this file .* `jetfleet lock --upgrade m`"
KEY = "the hub refuses its own links: check that the key of the model may still read it"
SOURCE = "waiting does not change that: check the model's `source` in the spec, and a proxy"
FOR_GOOD = {
    **dict.fromkeys((404, 410), LOCK),
    **dict.fromkeys((401, 403), KEY),
    407: "the proxy refuses it: check `proxy` of the host with its `user` and `password`",
    **dict.fromkeys((400, 402, 405, 406, 409, 411, 412, 418, 423, 426, 451), SOURCE),
    **dict.fromkeys((501, 505, 508, 511), SOURCE),
}


@pytest.mark.parametrize(("status", "remedy"), FOR_GOOD.items())
def test_what_a_hub_refuses_for_good_is_asked_once_more_at_most(
    hub: Hub, board: Board, status: int, remedy: str
) -> None:
    hub.status = status
    said = board.apply(f"http://127.0.0.1:{hub.server_port}")
    assert said.startswith("could not fetch model m: ")
    assert re.search(remedy, said), said
    assert "status=" in said or status in {401, 404}, said
    expired = status in {401, 403, 407}
    assert board.tries == [False, True][: 1 + expired], "links that are new, once"
    assert hub.asked <= MOST * len(board.tries), "it did not ask for each file"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504])
def test_a_hub_that_is_busy_is_asked_again(hub: Hub, board: Board, status: int) -> None:
    hub.status = status
    done = board.fetch(f"http://127.0.0.1:{hub.server_port}")
    assert done.returncode == 1
    assert hub.asked == FILES, "one busy file keeps no other from coming"
    why = (board.folder / f"run/{board.fetching.unit}.json").read_text()
    assert '"kind": "again"' in why, why


def test_a_hub_that_is_away_is_asked_again(board: Board) -> None:
    board.fetch("http://127.0.0.1:1")
    why = (board.folder / f"run/{board.fetching.unit}.json").read_text()
    assert '"kind": "again"' in why, why


def test_links_that_expire_while_bytes_arrive_are_made_again(hub: Hub, board: Board) -> None:
    """Links of an hour, and a download of a day: each set of links brings some of it."""
    hub.status, board.grows = 403, 1000
    board.apply(f"http://127.0.0.1:{hub.server_port}")
    assert len(board.tries) > 2


def test_a_server_without_parts_is_asked_once_in_one_piece(hub: Hub, board: Board) -> None:
    hub.status = 416
    board.apply(f"http://127.0.0.1:{hub.server_port}")
    assert board.tries == [False, True]


def test_a_certificate_that_the_board_does_not_trust_ends_it(
    hub: Hub, board: Board, tmp_path: Path
) -> None:
    made = leaf(tmp_path / "cache", tmp_path / "fleet", ["127.0.0.1"])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.key)
    hub.socket = context.wrap_socket(hub.socket, server_side=True)
    said = board.apply(f"https://127.0.0.1:{hub.server_port}")
    assert "the board does not trust the server's certificate" in said, said
    assert board.tries == [False]
    assert (board.printed.count("handshake failure")) <= MOST
