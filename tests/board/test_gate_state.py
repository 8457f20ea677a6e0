"""The round trip of hard gates: what a board prints, and what is read of it when it is cut off."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from jetfleet.board import out_of_memory, units
from jetfleet.rollout.gates.state import BoardState, read_state, state_script, state_seconds
from tests.support.board_python import board_path

SHOWN = """Id=jetfleet-llm.service
ActiveState=active
SubState=running
NRestarts=2
MainPID=4
ActiveEnterTimestampMonotonic=160500000
InactiveExitTimestampMonotonic=100000000
"""
ANSWER = {"answers": [{"model": "m", "text": "1, 2", "tokens": 4, "seconds": 1, "doubts": ["x"]}]}


@pytest.fixture
def output(tmp_path: Path) -> str:
    """What a board with two services prints, of which one does not answer."""
    programs = {
        "systemctl": f"cat <<'E'\n{SHOWN}E\n",
        "nvpmodel": "echo 'NV Power Mode: MAXN'\n",
        "docker": "echo /llm 3 77\n",
        "ready": f"case $1 in *llm*) echo '{json.dumps(ANSWER)}';; "
        "*) echo 'it generates rubbish' >&2; exit 1;; esac\n",
    }
    for name, text in programs.items():
        path = tmp_path / name
        path.write_text(f"#!/bin/sh\n{text}")
        path.chmod(0o755)
    script = state_script(["llm", "bad"], ["/"], {"llm"})
    script = script.replace("/usr/local/lib/jetfleet/ready", str(tmp_path / "ready"))
    done = subprocess.run(
        ["sh", "-s"], input=script, env={"PATH": board_path(str(tmp_path))}, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.stdout


def test_one_script_reads_all_that_hard_gates_need(output: str) -> None:
    found = read_state(output, ["llm", "bad"])
    assert found
    service = found.readings.services["llm"]
    assert (service.restarts, service.restarts_in_docker) == (2, 3)
    assert (service.began, service.since) == (100.0, 160.5)
    assert found.readings.boot
    assert found.readings.kills is not None
    assert found.readings.memory
    assert found.readings.disks["/"].free
    assert found.checked["llm"].ok
    assert found.checked["llm"].answers[0].doubts == ("x",)
    assert found.checked["bad"].model_dump() == {
        "ok": False, "reason": "it generates rubbish", "answers": (),
    }  # fmt: skip
    assert BoardState.model_validate_json(found.model_dump_json()) == found
    assert state_seconds(["llm", "bad"]) == 40 + 240


def test_a_service_that_the_answer_ended_before_was_not_asked(output: str) -> None:
    """It is no data: neither a pass nor a fail."""
    begins = output.index("begin service_1")
    for end in (begins - 4, begins + 20):
        found = read_state(output[:end], ["llm", "bad"])
        assert found
        assert list(found.checked) == ["llm"]
    assert read_state("", ["llm"]) is None
    assert read_state("noise", ["llm"]) is None


KMSG = """6,100,50000000,-;eth0: link up
4,101,150250000,-;Out of memory: Killed process 812 (python3) total-vm:1kB, UID:0
 SUBSYSTEM=memory
3,102,160000000,-,caller=T1;Memory cgroup out of memory: Killed process 9 (a (b) c) total-vm:9kB
4,103,170000000,-;Out of memory: Killed process x
"""


def lay(root: Path, path: str, text: str) -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_text(text)


def test_processes_that_the_kernel_ended(tmp_path: Path) -> None:
    root = str(tmp_path)
    assert out_of_memory.kills(root) is None
    assert out_of_memory.killed(root) is None
    lay(tmp_path, "proc/vmstat", "pgfault 7\noom_kill 3\n")
    lay(tmp_path, "dev/kmsg", KMSG)
    assert out_of_memory.kills(root) == 3
    assert out_of_memory.killed(root) == [
        {"at": 150.25, "name": "python3"}, {"at": 160.0, "name": "a (b"},
    ]  # fmt: skip
    lay(tmp_path, "proc/vmstat", "oom_kill many\n")
    assert out_of_memory.kills(root) is None


def test_a_long_log_of_the_kernel_is_bounded(tmp_path: Path) -> None:
    line = "4,1,1000000,-;Out of memory: Killed process 1 (" + "x" * 900 + ")\n"
    lay(tmp_path, "dev/kmsg", line * 20_000)
    found = out_of_memory.killed(str(tmp_path))
    assert found is not None
    assert len(found) == out_of_memory.MOST
    assert len(found[0]["name"]) == 64


def test_a_pipe_in_place_of_the_log_is_not_waited_for(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    os.mkfifo(tmp_path / "dev/kmsg")
    assert out_of_memory.killed(str(tmp_path)) == []


def test_the_work_of_a_service_that_starts(tmp_path: Path) -> None:
    root = str(tmp_path)
    assert units.work(root, 7) is None
    lay(tmp_path, "proc/7/cgroup", "0::/docker/a\n")
    lay(tmp_path, "sys/fs/cgroup/docker/a/cpu.stat", "usage_usec 5000000\n")
    lay(tmp_path, "sys/fs/cgroup/docker/a/io.stat", "8:0 rbytes=3145728 wbytes=0 rios=1\n")
    assert units.work(root, 7) == 5 + 3
    lay(tmp_path, "sys/fs/cgroup/docker/a/cpu.stat", "usage_usec many\n")
    assert units.work(root, 7) is None
