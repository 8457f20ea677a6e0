"""The clocks of a twin: jetson_clocks of the twin, and the program that pins clocks on boards."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from jetfleet.board import program
from jetfleet.spec.load import load
from twins import l4tfiles
from twins.board import TwinBoard, board_of

ROOT = Path(__file__).parents[2]
ORIN, THOR = (
    next(
        board
        for board in map(board_of, load(ROOT / "inventory/lab.yaml").hosts)
        if board.soc == soc
    )
    for soc in ("orin", "thor")
)
BOARDS = (*(replace(ORIN, l4t=l4t, cpus=2) for l4t in ("35.4.1", "36.4.3")), replace(THOR, cpus=2))


@pytest.mark.parametrize("board", BOARDS, ids=lambda board: board.l4t)
def test_all_clocks_are_pinned_and_put_back(tmp_path: Path, board: TwinBoard) -> None:
    for path, text in l4tfiles.sysfs(board).items():
        file = tmp_path / "sys" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    free = _clocks(tmp_path)
    named = _run(tmp_path, "free").split()
    assert named == ["cpu0", "cpu1", *(_short(gpu) for gpu in board.gpus), "emc"]
    _run(tmp_path, "lock")
    assert _run(tmp_path, "free") == ""
    assert _clocks(tmp_path) != free
    _run(tmp_path, "restore")
    assert {path: now for path, now in _clocks(tmp_path).items() if now != free[path]} == {}


def _short(gpu: str) -> str:
    return gpu if gpu.startswith("gpu-") else "gpu"


def _clocks(root: Path) -> dict[str, str]:
    """Return what is set, by file: the frequency of the moment is not."""
    files = [path for path in root.rglob("sys/**/*") if path.is_file()]
    return {str(path): path.read_text() for path in files if not path.name.endswith("cur_freq")}


def _run(root: Path, word: str) -> str:
    """Run the board's program with the twin's jetson_clocks; `root` is the root folder of both."""
    bin_ = root / "usr/bin"
    bin_.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "jetson_clocks": (ROOT / "twins/board/usr/bin/jetson_clocks").read_text(),
        "clocks": program("clocks.sh"),
        "id": "#!/bin/sh\necho 0\n",
        "sleep": "#!/bin/sh\n",
    }.items():
        moved = re.sub("(?=/(?:sys|run|var|usr/bin/jetson_clocks)\\b)", str(root), text)
        (bin_ / name).write_text(moved)
        (bin_ / name).chmod(0o755)
    done = subprocess.run(
        ["sh", str(bin_ / "clocks"), word],
        env={**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "failed" not in done.stderr
    return done.stdout
