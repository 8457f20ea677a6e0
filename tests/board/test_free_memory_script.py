"""The script of the survey that reads the available memory prints what is read of it."""

from __future__ import annotations

import subprocess

from jetfleet.steps.free_memory import FREE_MEMORY, Starting, memory_at_starts


def test_the_script_prints_what_is_read() -> None:
    command = ["sh", "-eu", "-c", FREE_MEMORY]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    found = memory_at_starts(done.stdout, [Starting("one", "inactive", 0)])
    assert found["one"] > 2**20
