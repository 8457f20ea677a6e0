"""A fleet of many boards: what a run prints, its rows, and how many files it opens."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.farm.farm import farm
from tests.support.pyinfra import BIN

HOSTS, KINDS = 30, 24
LINES = 60
"""Of a screen, and the table at the end."""


@pytest.fixture(scope="module")
def inventory() -> Iterator[Path]:
    with farm(HOSTS, KINDS) as inventory:
        yield inventory


def pyinfra(inventory: Path, *words: str, files: int = 4096) -> subprocess.CompletedProcess[str]:
    limited = ["prlimit", f"--nofile={files}:{files}", str(BIN / "pyinfra"), *words]
    return subprocess.run(
        [*limited, inventory.name, "deploys/llm.py"],
        cwd=inventory.parent,
        env={**os.environ, "PYINFRA_PROGRESS": "off"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_run_that_changes_nothing_is_a_screen(inventory: Path) -> None:
    done = pyinfra(inventory, "-y")
    assert done.returncode == 0, done.stderr
    assert f"[{HOSTS} hosts] Connected" in done.stderr
    assert "No changes" not in done.stderr
    assert len(done.stderr.splitlines()) < LINES, done.stderr


def test_a_run_of_many_boards_has_a_row_a_role(inventory: Path) -> None:
    done = pyinfra(inventory, "-y")
    served = re.findall(r"^    serving \| .+ and \d+ more +(\d+) ", done.stderr, re.MULTILINE)
    assert [int(hosts) for hosts in served] == [HOSTS]


def test_a_plan_of_one_board_names_each_row(inventory: Path) -> None:
    done = pyinfra(inventory, "-y", "--limit", "b0004")
    assert "serving | Serve s012 " in done.stderr
    assert "more" not in done.stderr


def test_more_boards_than_open_files_allow(inventory: Path) -> None:
    # 80 for everything else, 3 for each of 10 connections.
    done = pyinfra(inventory, "-y", files=110)
    assert done.returncode == 0, done.stderr
    assert re.search(rf"base \| Check the board +{HOSTS} +- +- +{HOSTS} ", done.stderr)
