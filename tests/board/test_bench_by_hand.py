"""The shell script that a first apply is compared with."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from bench import recording
from bench.recording import Recorded, by_hand


def run(steps: list[Recorded], folder: Path) -> subprocess.CompletedProcess[str]:
    script = by_hand(steps, lambda step: step.title).replace(recording.FOLDER, str(folder))
    return subprocess.run(
        ["sh"], input=script, cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )


def test_each_step_runs_once_in_order_and_its_time_is_printed(tmp_path: Path) -> None:
    steps = [
        Recorded(0, "a", "set -e\ncat >> all <<'END'\nfirst\nEND\nexit 0"),
        Recorded(1, "b", "echo second >> all; sleep 0.1"),
    ]
    done = run(steps, tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "all").read_text() == "first\nsecond\n"
    took = re.findall(r"^took (\w) (\d+)$", done.stdout, re.MULTILINE)
    assert [part for part, _ in took] == ["a", "b"]
    assert int(took[1][1]) >= 100_000_000


def test_a_step_that_waits_runs_until_its_line_is_there(tmp_path: Path) -> None:
    look = 'echo x >> looks; [ "$(wc -l < looks)" -lt 3 ] || echo ActiveState=inactive'
    done = run([Recorded(0, "a", look, "ActiveState=inactive")], tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "looks").read_text() == "x\n" * 3


def test_it_ends_at_a_step_that_fails_by_its_own_set_e(tmp_path: Path) -> None:
    steps = [Recorded(0, "a's", "set -e\necho why >&2\nfalse\ntrue"), Recorded(1, "b", "touch b")]
    done = run(steps, tmp_path)
    assert done.returncode == 1
    assert done.stdout.endswith("failed: a's\nwhy\n")
    assert not (tmp_path / "b").exists()
