"""What watches over a script ends with it, also where its board is so busy that it begins late."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from tests.support.lab import until
from tests.support.leased_board import LeasedBoard

LATE = 'sh -c \'trap "" TERM; sleep 0.5; trap - TERM; exec setsid "$@"\' late timeout'
"""A watcher's program that begins late. TERM does not reach it before that, as in a process
whose shell has a trap for it."""


def of_board(board: LeasedBoard, link: str) -> list[str]:
    """Commands of the processes that have this file, or folder, of the board open."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            files = {str(one.readlink()) for one in [process / "cwd", *(process / "fd").iterdir()]}
            if str(board.folder / link) in files and int(process.name) != os.getpid():
                found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def test_no_watcher_outlives_its_script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    board = LeasedBoard(tmp_path)
    for _ in range(3):
        assert board.change("a", 1, "true", edits={"setsid timeout": LATE}).ok
        assert not of_board(board, "run/lock"), "its watcher has the lock"
    until(lambda: not of_board(board, ""), "the end of the watchers", 10)
