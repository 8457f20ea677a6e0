"""Reading a board with twelve services starts no more programs than reading one with one."""

from __future__ import annotations

import os
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from bench.cost import counted
from bench.fleet import services
from jetfleet.converge.session import Session
from jetfleet.hostkeys.compression import Compressor
from jetfleet.resources import File, RunOptions
from jetfleet.survey import survey
from jetfleet.transport.script import to_send
from tests.support.lab import Spec, write_spec
from tests.support.rendered import wanted

SHOWN = """for unit; do case $unit in *.service) echo "MainPID=$PPID
Id=$unit
ActiveState=active
UnitFileState=enabled
NeedDaemonReload=no" ;; esac; done
"""


def many(folder: Path, count: int) -> Path:
    """A spec of one board with `count` services."""

    def edit(spec: Spec) -> None:
        spec["hosts"]["thor"]["services"] = services(count)

    return write_spec(folder / str(count), ["thor"], edit)


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with programs that a board has and this computer may lack."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name, text in {"docker": "", "systemctl": SHOWN, "nvpmodel": "", "dpkg-query": ""}.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    return folder


def started(script: str, programs: Path) -> Counter[str]:
    """The programs that a survey starts here, with an engine that runs."""
    pid = programs / "docker.pid"
    pid.write_text(str(os.getpid()))
    done = subprocess.run(
        ["sh", "-s"],
        input=counted(script.replace("/run/docker.pid", str(pid))),
        env={**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    return Counter(done.stdout.split())


def test_twelve_services_cost_as_many_programs_as_one(tmp_path: Path, programs: Path) -> None:
    costs = []
    for count in (1, 12):
        resources = wanted(many(tmp_path, count)).resources("thor").values()
        assert sum(r.kind == "service" for r in resources) == count
        costs.append(started(survey.script(resources, RunOptions()), programs))
        # The limit of a section: it may be stopped before its program has begun. Beside the kinds
        # there are the units, the engine, the clock and the lease.
        assert costs[-1].pop("sleep", 0) <= len({r.kind for r in resources}) + 4
    assert costs[0] == costs[1]
    # No engine answers here, so there is no image: whether a pull takes of the room is asked too.
    assert costs[0]["systemctl"] == 2
    assert costs[0]["docker"] >= 1


def test_they_are_read_in_one_round_trip(tmp_path: Path) -> None:
    resources = wanted(many(tmp_path, 12)).resources("thor")
    asked: list[str] = []

    def ask(script: str, seconds: int) -> str:
        del seconds
        asked.append(script)
        return ""

    session = Session(resources.values(), RunOptions(), ask)
    for key in resources:
        session.verdict(key)
    assert len(asked) == 1


def test_the_count_tells_a_loop_from_one_call(tmp_path: Path) -> None:
    files = [File(str(tmp_path / str(n)), "x") for n in range(3)]
    once = File.survey(files, RunOptions())
    loop = "".join(File.survey([file], RunOptions()) for file in files)
    for script, count in ((once, 1), (loop, 3)):
        done = subprocess.run(
            ["sh", "-s"], input=counted(script), capture_output=True, text=True, check=True
        )
        assert Counter(done.stdout.split())["stat"] == count


def test_a_survey_arrives_in_the_first_ten_segments(tmp_path: Path) -> None:
    resources = wanted(many(tmp_path, 1)).resources("thor").values()
    text = to_send(survey.script(resources, RunOptions()), survey.WHOLE_SECONDS)
    assert len(Compressor()(text.encode())) < 10 * 1400
