"""What the engine is asked over its socket, and what is printed of its answers."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from jetfleet.board import engine as program
from jetfleet.steps.engine import EngineQuestion, answers_of, ask_engine
from jetfleet.steps.shell import ENGINE_RUNS

IMAGE = {"Id": "sha256:1", "RepoDigests": ["a/b@sha256:2"], "RepoTags": ["a/b:c"], "Env": "canary"}


def container(name: str, **labels: str) -> dict[str, Any]:
    """What an engine says of a container."""
    return {
        "Name": f"/{name}",
        "Config": {"Labels": labels or None, "Env": ["TOKEN=canary"]},
        "State": {"Status": "running", "Running": True},
        "HostConfig": {"AutoRemove": False},
    }


class Board:
    """A folder with the socket of an engine, and what else the script looks at."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.asked: list[str] = []
        self.write("docker.pid", str(os.getpid()))
        self.write("bin/docker", f'#!/bin/sh\necho "docker $*" >> {root}/called\n').chmod(0o755)

    def write(self, path: str, text: str) -> Path:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)
        return self.root / path

    @contextmanager
    def engine(self, answers: Mapping[str, Any], *, mute: bool = False) -> Iterator[None]:
        """Answer questions by their path; a text is sent as it is, and nothing if it is `mute`."""
        ours = socket.socket(socket.AF_UNIX)
        ours.bind(str(self.root / "socket"))
        ours.listen()
        held: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    one = ours.accept()[0]
                except OSError:
                    return
                path = unquote(one.recv(65536).split(b" ")[1].decode())
                self.asked.append(path)
                held.append(one)
                if mute:
                    continue
                found = answers.get(path)
                text = found if isinstance(found, str) else json.dumps(found)
                status = "404 Not Found" if found is None else "200 OK"
                one.sendall(f"HTTP/1.0 {status}\r\nServer: Docker\r\n\r\n{text}".encode())
                one.close()

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield
        finally:
            ours.shutdown(socket.SHUT_RDWR)
            ours.close()
            for one in held:
                one.close()

    def ask(
        self, seconds: int = 20, **questions: EngineQuestion
    ) -> subprocess.CompletedProcess[str]:
        """Run the script of these questions."""
        script = ask_engine(questions)
        for path, own in (
            (program.SOCKET, "socket"), ("/run/docker.pid", "docker.pid"),
            ("/etc/jetfleet", "etc/jetfleet"),
        ):  # fmt: skip
            assert path in script
            script = script.replace(path, f"{self.root}/{own}")
        return subprocess.run(
            ["sh", "-s"], input=f"limit_seconds={seconds}\n{script}",
            env={**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"},
            capture_output=True, text=True, check=False,
        )  # fmt: skip


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


FOREIGN = {"foreign": EngineQuestion(foreign=True)}
MOST = EngineQuestion(images=("a/b:c", "none/there:1"), lacking="echo room 1 /x\n", stopped="off")


def test_kinds_get_their_own_answers_and_no_secret(board: Board) -> None:
    found = {"/images/a/b:c/json": IMAGE, "/containers/vlm/json": container("vlm", own="1")}
    with board.engine(found):
        done = board.ask(image=MOST, service=EngineQuestion(containers=("vlm", "gone")))
    assert done.returncode == 0, done.stderr
    assert "canary" not in done.stdout
    image, room = answers_of("image", done.stdout).splitlines()
    assert json.loads(image) == {k: v for k, v in IMAGE.items() if k != "Env"}
    assert room == "room 1 /x"
    (vlm,) = answers_of("service", done.stdout).splitlines()
    assert json.loads(vlm) == {"name": "/vlm", "labels": {"own": "1"}, "status": "running"}


def test_room_is_asked_only_for_an_image_that_is_lacking(board: Board) -> None:
    with board.engine({"/images/a/b:c/json": IMAGE}):
        done = board.ask(image=EngineQuestion(images=("a/b:c",), lacking="echo room\n"))
    assert (done.returncode, "room" in done.stdout) == (0, False)


def test_only_containers_that_jetfleet_did_not_make_are_read(board: Board) -> None:
    board.write("etc/jetfleet/vlm/run", "")
    listed = [{"Id": "aaa", "Names": ["/vlm"]}, {"Id": "bbb", "Names": ["/keepme"]}]
    found = {"/containers/json?all=1": listed, "/containers/bbb/json": container("keepme")}
    with board.engine(found):
        done = board.ask(daemon=FOREIGN["foreign"])
    (one,) = answers_of("daemon", done.stdout).splitlines()
    assert json.loads(one) == {"running": True, "removed": False, "name": "/keepme"}
    assert board.asked == ["/containers/json?all=1", "/containers/bbb/json"]


def test_an_engine_that_is_stopped_is_not_asked(board: Board) -> None:
    (board.root / "docker.pid").unlink()
    with board.engine({"/images/a/b:c/json": IMAGE}):
        done = board.ask(image=MOST, **FOREIGN)
    assert (done.stdout, board.asked) == ("image off\n", [])
    assert ENGINE_RUNS in ask_engine(FOREIGN)


def test_what_does_not_answer_is_named_by_its_own_program(board: Board) -> None:
    with board.engine({}, mute=True):
        done = board.ask(4, image=MOST)
    assert (done.returncode, done.stdout) == (1, "")
    assert (board.root / "called").read_text() == "docker ps\n"


def test_without_a_socket_there_is_nothing(board: Board) -> None:
    done = board.ask(image=MOST, **FOREIGN)
    assert (done.returncode, done.stdout) == (0, "image room 1 /x\n")


@pytest.mark.parametrize("text", ["{", "[1]", '{"Id": 1e999}', '{"State": 1}', "[" * 100_000])
def test_an_answer_of_another_form_fails_the_section(board: Board, text: str) -> None:
    with board.engine({"/containers/x/json": text}):
        done = board.ask(service=EngineQuestion(containers=("x",)))
    assert (done.returncode, done.stdout) == (1, "")


def test_what_is_hostile_stays_on_its_line(board: Board) -> None:
    label = "x\nimage {}\r\u2028@jetfleet-1 end engine 0"
    name = "../../v1?a=b c\n"
    with board.engine({f"/containers/{name}/json": container("x", label=label)}):
        done = board.ask(service=EngineQuestion(containers=(name,)))
    assert answers_of("image", done.stdout) == ""
    (one,) = answers_of("service", done.stdout).split("\n")[:-1]
    assert json.loads(one)["labels"] == {"label": label}
    assert board.asked == [f"/containers/{name}/json"]
