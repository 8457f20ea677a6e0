"""Ctrl-C ends each command with 130, wherever it waits, and with no traceback."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jetfleet.cli import Jetfleet
from tests.support.lab import until
from tests.support.loopback import loopback
from tests.support.pyinfra import BIN, ROOT

SPEC = """version: 1
hosts:
  nano: {{module: orin-nano-super, jetpack: "6.2", address: 127.0.0.1, port: {port}}}
"""
WAIT = 30
NOT_TRIED = {
    "init": "it writes some files and ends",
    "catalog": "it prints data of the package and ends",
    "explain": "it prints data of the package and ends",
    "schema": "it prints data of the package and ends",
    "twin": "`list` reads files of root and ends; `up` and `down` need root",
    "diff": "it reads files and a revision, and ends",
    "prune": "it asks boards as apply does",
    "rollout": "its signals are tried in tests/cli/test_rollout_drive.py",
}
"""Commands that are not tried, and why."""

READS: dict[str, tuple[str, ...]] = {
    "bench": ("show", "PIPE"),
    "bundle": ("PIPE", "-o", "bundle"),
    "doctor": ("PIPE",),
    "lock": ("PIPE",),
    "render": ("PIPE", "-o", "out"),
    "report": ("PIPE", "--html", "out.html"),
    "status": ("PIPE",),
    "validate": ("PIPE",),
}
"""How a command is made to wait for a file: a pipe into which nobody writes."""

CONNECTS: dict[str, Callable[[int], tuple[str, ...]]] = {
    "adopt": lambda port: ("me@127.0.0.1", "-p", str(port)),
    "apply": lambda _: ("-y", "lab.yaml"),
    "drift": lambda _: ("lab.yaml",),
    "lease": lambda _: ("show", "lab.yaml"),
    "log": lambda _: ("lab.yaml", "nano"),
    "plan": lambda _: ("lab.yaml",),
    "trust": lambda _: ("lab.yaml", "nano"),
}
"""How a command is made to wait for a board: it accepts a connection, and says nothing."""


def test_every_command_is_in_a_table() -> None:
    assert {*READS, *CONNECTS, *NOT_TRIED} == {*Jetfleet.table}


@contextmanager
def started(folder: Path, *words: str, **environ: str) -> Iterator[subprocess.Popen[str]]:
    """Run a command in a folder that is its HOME too."""
    running = subprocess.Popen(
        [f"{BIN}/jetfleet", *words], cwd=folder, env={**os.environ, "HOME": str(folder), **environ},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield running
    finally:
        running.kill()
        running.communicate()


def interrupted(running: subprocess.Popen[str], free: Callable[[], None] = lambda: None) -> None:
    """Press Ctrl-C, and judge how the command ends; `free` ends what it waits for.

    Python sees a signal that came a moment before a blocking call once that call returns.
    """
    running.send_signal(signal.SIGINT)
    try:
        out, err = running.communicate(timeout=WAIT / 2)
    except subprocess.TimeoutExpired:
        free()
        out, err = running.communicate(timeout=WAIT)
    assert running.returncode == 128 + signal.SIGINT, out + err
    assert "Traceback" not in out + err, err


@pytest.mark.parametrize("name", READS)
def test_while_it_reads_a_file(name: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "deploys", tmp_path / "deploys")
    pipe = tmp_path / "lab.yaml"
    os.mkfifo(pipe)
    with started(tmp_path, name, *(w.replace("PIPE", str(pipe)) for w in READS[name])) as running:
        end = time.monotonic() + WAIT
        writer = -1
        while writer < 0:
            assert running.poll() is None, running.communicate()
            assert time.monotonic() < end
            try:  # it can only be opened once the command reads it
                writer = os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                time.sleep(0.05)
        with os.fdopen(writer, "wb") as file:
            interrupted(running, file.close)


@pytest.mark.parametrize("name", CONNECTS)
def test_while_it_waits_for_a_board(name: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as board:
        board.settimeout(WAIT)
        port = board.getsockname()[1]
        shutil.copytree(ROOT / "deploys", tmp_path / "deploys")
        (tmp_path / "lab.yaml").write_text(SPEC.format(port=port))
        shutil.copy(ROOT / "inventory/lab.py", tmp_path / "lab.py")
        with started(tmp_path, name, *CONNECTS[name](port)) as running:
            connection, _ = board.accept()
            with connection:
                time.sleep(0.2)
                interrupted(running)


ADOPT = ("-i", "key", "--known-hosts", "inventory/known_hosts", "-o", "adopted")


def test_while_adopt_reads_a_board(tmp_path: Path) -> None:
    with loopback(tmp_path, "nano") as fleet:
        board = fleet.boards["nano"]
        board.hangs = lambda _: True
        login = (f"{getpass.getuser()}@127.0.0.1", "-p", str(board.port))
        with started(tmp_path, "adopt", *login, *ADOPT) as running:
            until(lambda: board.titles, "the script", WAIT)
            time.sleep(0.5)
            interrupted(running)
        board.goes_on.set()
    assert not (tmp_path / "adopted").exists()


def test_adopt_gives_a_board_no_more_than_its_time(tmp_path: Path) -> None:
    with loopback(tmp_path, "nano") as fleet:
        board = fleet.boards["nano"]
        board.slow_survey = 20
        login = (f"{getpass.getuser()}@127.0.0.1", "-p", str(board.port))
        begun = time.monotonic()
        with started(tmp_path, "adopt", *login, *ADOPT, "--timeout", "3") as running:
            out, err = running.communicate(timeout=60)
        assert time.monotonic() - begun < 19
    assert running.returncode == 1, out + err
    assert "could not be read" in err
    assert "give it longer with --timeout" in err
    assert not (tmp_path / "adopted").exists()
