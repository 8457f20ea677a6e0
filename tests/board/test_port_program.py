"""The program that finds which foreign process has a service's port."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from jetfleet.board import program


@contextmanager
def listening(address: str) -> Iterator[int]:
    """Yield the port that this process listens on."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as one:
        one.bind((address, 0))
        one.listen()
        yield one.getsockname()[1]


def reported(folder: Path, host: str, ports: list[int], *own: str) -> str:
    """What the program says of a service called cosmos that listens there, or nothing."""
    (folder / "port").write_text(program("port.py"))
    about = folder / "cosmos/ready.json"
    about.parent.mkdir()
    about.write_text(json.dumps({"host": host, "ports": ports}))
    done = subprocess.run(
        [sys.executable, str(folder / "port"), str(about), *own],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode != 0) is bool(done.stderr)
    return done.stderr.strip()


@pytest.mark.parametrize(
    ("bound", "asked"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("127.0.0.1", "localhost"),
        ("0.0.0.0", "127.0.0.1"),  # noqa: S104 - compared, never bound
        ("0.0.0.0", "10.1.2.3"),  # noqa: S104 - compared, never bound
        ("::", "127.0.0.1"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("127.0.0.2", "0.0.0.0"),  # noqa: S104 - compared, never bound
        ("127.0.0.2", "::"),
    ],
)
def test_a_foreign_process_is_named(tmp_path: Path, bound: str, asked: str) -> None:
    with listening(bound) as port:
        said = reported(tmp_path, asked, [port])
    name = Path("/proc/self/comm").read_text().strip()
    assert said.startswith(f"port {port} is taken by {name} (pid {os.getpid()}, of ")
    assert said.endswith("end it, or give cosmos another port")


def test_every_port_of_the_service_is_asked_for(tmp_path: Path) -> None:
    with listening("127.0.0.1") as free:
        pass
    with listening("127.0.0.1") as port:
        said = reported(tmp_path, "127.0.0.1", [free, port])
    assert said.startswith(f"port {port} is taken by ")


def test_a_free_port_is_nothing_to_tell(tmp_path: Path) -> None:
    with listening("127.0.0.1") as port:
        pass
    assert reported(tmp_path, "127.0.0.1", [port]) == ""


def test_who_listens_on_another_address_is_not_in_the_way(tmp_path: Path) -> None:
    with listening("127.0.0.2") as port:
        assert reported(tmp_path, "127.0.0.1", [port]) == ""


@pytest.mark.parametrize(
    ("word", "foreign"), [("own-word", 0), ("", 1), ("another", 1), ("own", 1)]
)
def test_its_own_server_is_known_by_a_word(tmp_path: Path, word: str, foreign: int) -> None:
    script = (
        "import socket, sys\n"
        "one = socket.create_server(('127.0.0.1', 0))\n"
        "print(one.getsockname()[1], flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, "own-word"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        port = int(child.stdout.readline())
        said = reported(tmp_path, "127.0.0.1", [port], word)
        child.communicate("")
    assert bool(said) == foreign, said
