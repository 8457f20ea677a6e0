"""Standard output that nobody reads, that is closed, or that is full: the status stays true."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.cli import COMMAND
from tests.support.repository import Repository


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """One whose spec was edited: `jetfleet diff` ends with 2."""
    repository = Repository.made(tmp_path)
    repository.edit(lambda spec: spec["hosts"]["nano"].update(power={"mode": "15W"}))
    return repository


def diff(repository: Repository, stdout: Any, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "diff", "--json", "inventory/lab.yaml"], cwd=repository.root, stdout=stdout,
        stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, check=False, **options,
    )  # fmt: skip


def test_who_stops_reading_changes_no_status(repository: Repository) -> None:
    theirs, ours = os.pipe()
    os.close(theirs)
    with os.fdopen(ours) as out:
        done = diff(repository, out)
    assert (done.returncode, done.stderr) == (2, "")


def test_an_output_that_was_closed_beforehand_is_left_out(repository: Repository) -> None:
    done = diff(repository, None, preexec_fn=lambda: os.close(1))
    assert (done.returncode, done.stderr) == (2, "")


def test_an_output_that_is_full_is_an_error(repository: Repository) -> None:
    with Path("/dev/full").open("wb") as out:
        done = diff(repository, out)
    said = "standard output cannot be written (No space left on device): make room, or send it "
    assert (done.returncode, done.stderr) == (1, f"{said}elsewhere\n")
