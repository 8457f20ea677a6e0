"""The script that restarts a service, run by the real shell with programs of the test."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from jetfleet.steps.start import Start

START = Start("cosmos", "jetfleet-cosmos.service", "Serve cosmos", (), 600, rollback=True)


def program(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(f'#!/bin/sh\necho "{name} $*" >> {folder}/called\n{text}\n')
    path.chmod(0o755)


TAKEN = "echo port 8000 is taken by nc >&2; exit 1"


@pytest.mark.parametrize(
    ("engine", "docker", "port", "asked"),
    [
        ("", "", "", "port /etc/jetfleet/cosmos/ready.json"),  # no engine: it is not asked
        ("1", "exit 1", "", "port /etc/jetfleet/cosmos/ready.json"),  # no container yet
        ("1", "echo abc 172.17.0.2", "", "ready.json abc 172.17.0.2"),
        ("1", "exit 1", TAKEN, "ready.json"),
    ],
)
def test_it_restarts_unless_a_foreign_process_has_the_port(
    tmp_path: Path, engine: str, docker: str, port: str, asked: str
) -> None:
    program(tmp_path, "docker", docker)
    program(tmp_path, "port", port)
    program(tmp_path, "systemctl", 'case "$1" in show) echo 0 ;; esac')
    pid = tmp_path / "docker.pid"
    if engine:
        pid.write_text(str(os.getpid()))
    script = START.script.replace("/usr/local/lib/jetfleet/port", str(tmp_path / "port"))
    done = subprocess.run(
        ["sh", "-s"],
        input=f"set -eu\n{script.replace('/run/docker.pid', str(pid))}",
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    called = (tmp_path / "called").read_text()
    assert asked in called
    assert ("docker" in called) is bool(engine)
    assert ("--no-block restart jetfleet-cosmos.service" in called) is (not port)
    assert done.stdout == ("taken: port 8000 is taken by nc\n" if port else "0\n")
