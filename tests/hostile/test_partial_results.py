"""A board that hangs: what the others say is shown, after Ctrl-C and within `--timeout`."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lab import until
from tests.support.loopback import LoopbackFleet, loopback

SPEC = "inventory/lab.yaml"


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[LoopbackFleet]:
    """Two boards; the second hangs when it is read."""
    with loopback(tmp_path, "awake", "asleep") as fleet:
        fleet.boards["asleep"].hangs = lambda _: True
        yield fleet
        fleet.boards["asleep"].goes_on.set()


@pytest.mark.parametrize("command", ["plan", "drift", "status"])
def test_what_was_read_is_shown_when_it_is_interrupted(fleet: LoopbackFleet, command: str) -> None:
    started = fleet.start(command, SPEC, run="it")
    until((fleet.run("it") / "awake.jsonl").exists, "the first board", 30)
    time.sleep(1)  # all of its events are written
    started.send_signal(signal.SIGINT)
    out, err = started.communicate(timeout=30)
    assert started.returncode == 130, err
    assert "interrupted: " in err
    assert "awake" in out
    assert "asleep" in out
    assert "skipped" in out


@pytest.mark.parametrize("command", ["plan", "status", "drift"])
def test_a_board_has_no_more_than_its_time(fleet: LoopbackFleet, command: str) -> None:
    fleet.boards["asleep"].hangs = lambda _: False
    fleet.boards["asleep"].slow_survey = 90
    began = time.monotonic()
    done = fleet.call(command, SPEC, "--timeout", "3", "--json")
    assert done.status == 3, done.out + done.err
    said = json.loads(done.out)
    found = {host.get("name") or host["host"]: host for host in said["hosts"]}
    assert found["asleep"]["state"] == "unreachable"
    assert "asleep" not in found["awake"].get("reason", "")
    assert found["awake"]["state"] not in {"unreachable", "refused", "skipped"}
    assert found["asleep"]["reason"]
    assert time.monotonic() - began < 80
