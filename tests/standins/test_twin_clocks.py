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
BOARDS = (
    replace(ORIN, l4t="35.4.1", cpus=2, soc="xavier"),
    *(replace(ORIN, l4t=l4t, cpus=2) for l4t in ("35.4.1", "36.4.3")),
    replace(THOR, cpus=2),
)
each_board = pytest.mark.parametrize("board", BOARDS, ids=lambda board: f"{board.soc}-{board.l4t}")

FLOOR = "sys/devices/system/cpu/cpu0/cpufreq/scaling_min_freq"
CAP = FLOOR.replace("min", "max")


@each_board
def test_all_clocks_are_pinned_and_put_back(tmp_path: Path, board: TwinBoard) -> None:
    free = _files_of(board, tmp_path)
    names = ["cpu0", "cpu1", *(_short(gpu) for gpu in board.gpus), "emc"]
    assert _run(tmp_path, "free").split() == names
    assert _run(tmp_path, "pinned") == ""
    _run(tmp_path, "lock")
    assert _run(tmp_path, "free") == ""
    assert _run(tmp_path, "pinned").split() == names
    assert _clocks(tmp_path) != free
    _run(tmp_path, "restore")
    assert _changed(free, tmp_path) == {}


@each_board
def test_clocks_that_were_pinned_by_hand_are_free_again(tmp_path: Path, board: TwinBoard) -> None:
    """No file says how they were: the lowest of the board, its governor and its idle states."""
    free = _files_of(board, tmp_path)
    _jetson_clocks(tmp_path)
    assert _run(tmp_path, "pinned") != ""
    _run(tmp_path, "restore")
    assert _changed(free, tmp_path) == {}
    _run(tmp_path, "restore")
    assert _changed(free, tmp_path) == {}


@each_board
def test_what_was_pinned_before_a_lock_is_free_after_it(tmp_path: Path, board: TwinBoard) -> None:
    """A file of pinned clocks would bring the pins back."""
    free = _files_of(board, tmp_path)
    _jetson_clocks(tmp_path)
    _run(tmp_path, "lock")
    _run(tmp_path, "restore")
    assert _changed(free, tmp_path) == {}


def test_what_a_person_has_stored_is_put_back(tmp_path: Path) -> None:
    _files_of(ORIN, tmp_path)
    (tmp_path / FLOOR).write_text("729600\n")
    free = _clocks(tmp_path)
    _jetson_clocks(tmp_path, "--store")
    _jetson_clocks(tmp_path)
    _run(tmp_path, "restore")
    assert _changed(free, tmp_path) == {}


def test_what_was_stored_in_another_mode_is_not_put_back(tmp_path: Path) -> None:
    """It would lift the limit of this mode."""
    _files_of(ORIN, tmp_path)
    _jetson_clocks(tmp_path, "--store")
    (tmp_path / CAP).write_text("1190400\n")
    free = _clocks(tmp_path)
    _jetson_clocks(tmp_path)
    _run(tmp_path, "restore")
    assert _changed(free, tmp_path) == {}
    assert (tmp_path / CAP).read_text() == "1190400\n"


def test_a_lock_in_each_mode_is_undone_by_what_was_stored_in_it(tmp_path: Path) -> None:
    _files_of(ORIN, tmp_path)
    (tmp_path / FLOOR).write_text("729600\n")
    free = _clocks(tmp_path)
    _run(tmp_path, "lock")
    (tmp_path / FLOOR).write_text("115200\n")
    (tmp_path / CAP).write_text("1190400\n")
    _run(tmp_path, "lock", mode="MODE_30W")
    _run(tmp_path, "restore", mode="MODE_30W")
    assert (tmp_path / CAP).read_text() == "1190400\n"
    assert "cpu0" in _run(tmp_path, "free")
    (tmp_path / CAP).write_text("2201600\n")
    _run(tmp_path, "restore")
    assert _changed(free, tmp_path) == {}


@pytest.mark.parametrize("text", ["", "rubbish\n", "/sys/nowhere/scaling_max_freq:1\n"])
def test_a_damaged_file_of_clocks_frees_them_all_the_same(tmp_path: Path, text: str) -> None:
    free = _files_of(ORIN, tmp_path)
    _run(tmp_path, "lock")
    (stored,) = (tmp_path / "run/jetfleet").iterdir()
    stored.write_text(text)
    _run(tmp_path, "restore")
    assert _changed(free, tmp_path) == {}


def test_a_clock_with_one_speed_is_neither_pinned_nor_free(tmp_path: Path) -> None:
    _files_of(ORIN, tmp_path)
    for name in ("scaling_min", "scaling_max", "cpuinfo_min"):
        (tmp_path / FLOOR).with_name(f"{name}_freq").write_text("1190400\n")
    assert "cpu0" not in _run(tmp_path, "free").split()
    assert "cpu0" not in _run(tmp_path, "pinned").split()


def test_clocks_that_stay_pinned_are_named(tmp_path: Path) -> None:
    """As on a Thor whose kernel does not name its governors."""
    _files_of(THOR, tmp_path)
    for gpu in THOR.gpus:
        (tmp_path / f"sys/class/devfreq/{gpu}/available_governors").unlink()
    _jetson_clocks(tmp_path)
    said = _run(tmp_path, "restore", ends=1)
    assert "these clocks stay pinned until the next boot: gpu-gpc-0 gpu-nvd-0" in said


def _files_of(board: TwinBoard, root: Path) -> dict[str, str]:
    """Make the board's files under `root`; return what its clocks are set to."""
    for path, text in l4tfiles.sysfs(board).items():
        file = root / "sys" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (root / "root").mkdir()
    return _clocks(root)


def _changed(before: dict[str, str], root: Path) -> dict[str, str]:
    return {path: now for path, now in _clocks(root).items() if now != before[path]}


def _short(gpu: str) -> str:
    return gpu if gpu.startswith("gpu-") else "gpu"


def _clocks(root: Path) -> dict[str, str]:
    """Return what is set, by file: the frequency of the moment is not."""
    files = [path for path in root.rglob("sys/**/*") if path.is_file()]
    # The rate of a memory that is no longer locked is the moment's, too.
    return {
        str(path): path.read_text()
        for path in files
        if not path.name.endswith("cur_freq") and path.name != "rate"
    }


def _jetson_clocks(root: Path, *arguments: str) -> None:
    """Run the twin's jetson_clocks as a person does."""
    bin_ = _programs(root, "")
    run = ["bash", str(bin_ / "jetson_clocks"), *arguments]
    subprocess.run(run, env=_environment(root), check=True, timeout=60, capture_output=True)


def _environment(root: Path) -> dict[str, str]:
    path = f"{root / 'usr/bin'}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "HOME": str(root / "root")}


def _programs(root: Path, mode: str) -> Path:
    """Write the board's programs below `root`, which is their root folder."""
    bin_ = root / "usr/bin"
    bin_.mkdir(parents=True, exist_ok=True)
    for name, text in {
        "jetson_clocks": (ROOT / "twins/board/usr/bin/jetson_clocks").read_text(),
        "clocks": program("clocks.sh"),
        "id": "#!/bin/sh\necho 0\n",
        "sleep": "#!/bin/sh\n",
        "nvpmodel": f"#!/bin/sh\nprintf 'NV Power Mode: {mode}\\n0\\n'\n",
    }.items():
        moved = re.sub("(?=/(?:sys|run|root|var|usr/bin/jetson_clocks)\\b)", str(root), text)
        (bin_ / name).write_text(moved)
        (bin_ / name).chmod(0o755)
    return bin_


def _run(root: Path, word: str, mode: str = "MAXN", ends: int = 0) -> str:
    """Run the board's program with the twin's jetson_clocks; return what it prints."""
    done = subprocess.run(
        ["sh", str(_programs(root, mode) / "clocks"), word],
        env=_environment(root),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == ends, done.stdout + done.stderr
    assert "failed" not in done.stderr
    return done.stdout if ends == 0 else done.stderr
