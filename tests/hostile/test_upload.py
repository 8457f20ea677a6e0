"""Uploads to a board on this computer: whole, broken off, and taken over by another run."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import paramiko
import pytest

from jetfleet.converge import upload as uploads
from jetfleet.converge.progress import Meter
from jetfleet.converge.upload import upload
from jetfleet.steps import Lost, Refused, Result, Upload
from jetfleet.transport.answer import result_of
from jetfleet.transport.body import Sent
from jetfleet.transport.exchange import exchange
from jetfleet.transport.script import SHELL, to_send
from tests.hostile.odd_ssh import connected, run

pytestmark = pytest.mark.timeout(60)

CONTENT = os.urandom(3 << 20)
TAKEN = "another run has this board"
COMMAND = " ".join((*SHELL, "it"))


class Board:
    """A board; its connection breaks after `pieces` of the first transfers, `breaks` times.

    It sends what it is given over a new connection then, and notes how much.
    """

    def __init__(self, stack: ExitStack, breaks: int = 0, pieces: int = 3) -> None:
        self._stack, self._breaks, self._pieces = stack, breaks, pieces
        self._transport = stack.enter_context(connected(run))
        self.sent = 0
        self.renewal = "true\n"

    def query(self, script: str, title: str, seconds: int = 60, tries: int = 3) -> Result:
        del tries
        if not self._transport.is_active():
            self._transport = self._stack.enter_context(connected(run))
        sent = to_send(script, seconds).encode()
        return result_of(exchange(self._transport, COMMAND, sent, seconds), title, seconds)

    def send(self, script: str, title: str, seconds: int, pieces: Iterator[bytes]) -> Result:
        text = to_send(script, seconds, followed=True)
        gate = Sent(text, self._counted(pieces)).gate("")
        try:
            done = exchange(self._transport, COMMAND, gate, seconds)
        except (EOFError, OSError, paramiko.SSHException) as error:
            raise Lost("the connection was lost") from error
        result = result_of(done, title, seconds)
        if TAKEN in result.err:  # as `LeasedBoard` does
            raise Refused(result.err)
        return result

    def _counted(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        for number, piece in enumerate(pieces):
            if self._breaks and number == self._pieces:
                self._breaks -= 1
                self._transport.close()
            self.sent += len(piece)
            yield piece


def step(folder: Path, rate: int = 0) -> Upload:
    local = folder / "local"
    local.write_bytes(CONTENT)
    return Upload(str(local), str(folder / "on it's board/file"), len(CONTENT), "up", rate)


def brought(board: Board, one: Upload) -> bytes:
    meter = Meter(lambda _: None, lambda _: None)
    upload(one, board, meter)  # type: ignore[arg-type]
    return Path(one.remote).read_bytes()


def test_a_file_arrives_whole(tmp_path: Path) -> None:
    with ExitStack() as stack:
        assert brought(Board(stack), step(tmp_path)) == CONTENT


def test_it_goes_on_from_the_byte_that_the_board_has(tmp_path: Path) -> None:
    one = step(tmp_path)
    Path(one.remote).parent.mkdir()
    Path(one.remote).write_bytes(CONTENT[:-1000])
    with ExitStack() as stack:
        board = Board(stack)
        assert brought(board, one) == CONTENT
        assert board.sent == 1000


def test_a_link_to_another_revision_is_not_written_into(tmp_path: Path) -> None:
    one, other = step(tmp_path), tmp_path / "other"
    other.write_bytes(b"")
    Path(one.remote).parent.mkdir()
    os.link(other, one.remote)
    with ExitStack() as stack:
        assert brought(Board(stack), one) == CONTENT
    assert other.read_bytes() == b""


def test_a_connection_that_breaks_again_and_again_costs_no_byte_twice(tmp_path: Path) -> None:
    with ExitStack() as stack:
        board = Board(stack, breaks=2)
        assert brought(board, step(tmp_path)) == CONTENT


def test_one_that_breaks_before_a_byte_has_arrived_is_given_up(tmp_path: Path) -> None:
    with ExitStack() as stack, pytest.raises(Refused, match="the connection was lost"):
        brought(Board(stack, breaks=9, pieces=0), step(tmp_path))


def test_a_run_that_has_lost_its_lease_sends_no_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "RENEWED_SECONDS", 0.2)
    one = step(tmp_path, rate=1 << 20)
    with ExitStack() as stack:
        board = Board(stack)
        board.renewal = f"echo {TAKEN} >&2; exit 76\n"
        with pytest.raises(Refused, match=TAKEN):
            brought(board, one)
    assert 0 < board.sent < len(CONTENT)


def test_a_file_that_the_board_cannot_write_is_refused_with_its_reason(tmp_path: Path) -> None:
    one = step(tmp_path)
    full = Upload(one.local, "/dev/full/file", one.size, "up")
    with ExitStack() as stack, pytest.raises(Refused, match=r"up: .*/dev/full/file"):
        brought(Board(stack), full)
