"""The question whether a board shuts down, on this computer with a systemctl of the test."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from jetfleet.converge.board_trouble import board_trouble
from jetfleet.steps import Result

GONE = "stat: cannot statx '/mnt/nvme/models/a': No such file or directory"
GOES_DOWN = "the board shuts down or reboots: run again when it is up"


@pytest.fixture
def looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What is said of a board that goes down, without Docker, beside a failure."""
    systemctl = tmp_path / "systemctl"
    systemctl.write_text("#!/bin/sh\necho stopping\nexit 1\n", encoding="utf-8")
    systemctl.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")

    def query(script: str, title: str) -> Result:
        del title
        shell = ["setsid", "-w", "sh"]
        done = subprocess.run(shell, input=script, text=True, capture_output=True, check=True)
        return Result(ok=True, out=done.stdout)

    return board_trouble(f"Tag x: Cannot connect to the Docker daemon: {GONE}", query)


def test_a_board_that_goes_down_is_the_only_cause_that_is_named(looked: str) -> None:
    assert looked == GOES_DOWN
