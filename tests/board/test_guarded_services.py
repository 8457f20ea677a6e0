"""Services that are restarted with a file: what ran before runs again, and nothing else does."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from jetfleet.steps.guarded_services import restart, undo_restart
from jetfleet.steps.shell import STATE_DIR

SERVICES = ("up.service", "idle.service")


def test_a_service_that_did_not_run_is_stopped_again(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    program = tmp_path / "systemctl"
    program.write_text(
        f'#!/bin/sh\necho "$*" >> {calls}\ncase "$*" in *active?idle*) exit 3 ;; esac\n'
    )
    program.chmod(0o755)

    def done(script: str) -> list[str]:
        script = script.replace(STATE_DIR, str(tmp_path))
        environ = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"}
        subprocess.run(["sh", "-euc", script], env=environ, check=True)
        lines = calls.read_text().splitlines()
        calls.unlink()
        return [line for line in lines if "is-active" not in line and "reset-failed" not in line]

    assert done(restart(SERVICES)) == ["daemon-reload", "restart up.service idle.service"]
    assert done(undo_restart(SERVICES)) == ["restart up.service", "stop idle.service"]
    assert not (tmp_path / "guarded-stopped").exists()


def test_a_file_alone_needs_no_restart() -> None:
    assert restart(()) == undo_restart(()) == ""
