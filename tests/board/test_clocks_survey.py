"""What a survey takes from the program that reads the clocks: one that fails pins none."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jetfleet.resources import Clocks, RunOptions

PROGRAM = "/usr/local/lib/jetfleet/clocks"


@pytest.mark.parametrize(
    ("program", "said"),
    [
        ("echo cpu0; echo emc", "free cpu0\nfree emc\n"),
        ("exit 0", ""),
        ("echo cpu0; exit 3", "free all\n"),
        ("kill -KILL $$", "free all\n"),
        ("exec /nowhere", "free all\n"),
        (None, "free all\n"),
    ],
)
def test_clocks_that_cannot_be_read_are_free(
    tmp_path: Path, program: str | None, said: str
) -> None:
    own = tmp_path / "clocks"
    if program is not None:
        own.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
        own.chmod(0o755)
    script = Clocks.survey([], RunOptions()).replace(PROGRAM, str(own))
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == said
