"""Boards with rows of their own: none waits for another, in `jetfleet` and in plain pyinfra.

Each board of these fleets wants files that no other has, so no two share a row of the plan.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.lab import until
from tests.support.loopback import LoopbackFleet, loopback

SPEC = "inventory/lab.yaml"
JETFLEET = ("jetfleet", "apply", "-y", "--no-verify", SPEC)
PYINFRA = ("pyinfra", "-y", "inventory/lab.py", "deploys/llm.py")
NO_WAIT = (*PYINFRA, "--no-wait")
OTHERS = ("second", "third")


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[LoopbackFleet]:
    """Three boards that want two files each; writing a file hangs on the first."""
    with loopback(tmp_path, "first", *OTHERS) as fleet:
        fleet.boards["first"].hangs = lambda title: "Write" in title
        fleet.want(a="one\n", b="two\n")
        yield fleet


def start(fleet: LoopbackFleet, words: tuple[str, ...]) -> subprocess.Popen[str]:
    return fleet.start(*words[1:], program=words[0], run="it")


def written(fleet: LoopbackFleet, name: str) -> bool:
    board = fleet.boards[name]
    return (board.text("a"), board.text("b")) == ("one\n", "two\n")


@pytest.mark.parametrize(
    "words", [JETFLEET, PYINFRA, NO_WAIT], ids=["jetfleet", "pyinfra", "no-wait"]
)
def test_a_board_that_hangs_holds_no_other(fleet: LoopbackFleet, words: tuple[str, ...]) -> None:
    started = start(fleet, words)
    try:
        until(lambda: all(written(fleet, name) for name in OTHERS), "the other boards", 30)
        assert not fleet.boards["first"].text("a")
        assert started.poll() is None, "the run waits for the board that hangs"
    finally:
        fleet.boards["first"].goes_on.set()
        out, err = started.communicate(timeout=60)
    assert started.returncode == 0, out + err
    assert written(fleet, "first")


def test_a_board_is_done_in_the_events_when_it_is(fleet: LoopbackFleet) -> None:
    started = start(fleet, JETFLEET)
    try:
        until(lambda: completed(fleet) == set(OTHERS), "the ends of the other boards", 30)
        assert not any(fleet.boards[name].is_leased for name in OTHERS)
    finally:
        fleet.boards["first"].goes_on.set()
        started.communicate(timeout=60)
    assert completed(fleet) == {"first", *OTHERS}


def completed(fleet: LoopbackFleet) -> set[str]:
    """Hosts whose events say that nothing is left to do on them."""
    files = fleet.run("it").rglob("*.jsonl")
    return {file.stem for file in files if '"completed"' in file.read_text(encoding="utf-8")}


@pytest.mark.parametrize(("words", "status"), [(JETFLEET, 4), (PYINFRA, 1), (NO_WAIT, 1)])
def test_a_board_that_fails_fails_alone(
    fleet: LoopbackFleet, words: tuple[str, ...], status: int
) -> None:
    first = fleet.boards["first"]
    first.hangs = lambda _: False
    (first.folder / "a").mkdir()
    (first.folder / "a/kept").write_text("by a person\n", encoding="utf-8")
    done = fleet.call(*words[1:], program=words[0], run="it")
    assert done.status == status, done.out + done.err
    assert all(written(fleet, name) for name in OTHERS)
    assert not (first.folder / "b").exists(), "nothing is done after what failed"
    assert (first.folder / "a/kept").exists()


SERVICES = '''"""Two services with names that no other board has."""

from jetfleet.resources import Service


def desired(inputs):
    return [Service(f"{inputs.host.name}-{n}", "hash") for n in "ab"]
'''
VERIFY = "from jetfleet.converge import verify\n\nverify()\n"


def test_a_service_that_does_not_answer_holds_no_other_board(fleet: LoopbackFleet) -> None:
    (fleet.scratch / "roles/notes.py").write_text(SERVICES, encoding="utf-8")
    (fleet.scratch / "deploys/verify.py").write_text(VERIFY, encoding="utf-8")
    for board in fleet.boards.values():
        board.program("ready", "#!/bin/sh\necho '{\"answers\": []}'\n")
    fleet.boards["first"].hangs = lambda title: "Verify first-a" in title
    started = start(fleet, ("pyinfra", "-y", "inventory/lab.py", "deploys/verify.py"))
    try:
        until(lambda: all(asked(fleet, name) == ["a", "b"] for name in OTHERS), "the others", 60)
        assert asked(fleet, "first") == ["a"]
    finally:
        fleet.boards["first"].goes_on.set()
        out, err = started.communicate(timeout=60)
    assert started.returncode == 0, out + err
    assert asked(fleet, "first") == ["a", "b"]


def asked(fleet: LoopbackFleet, name: str) -> list[str]:
    """Names of the services of a board that were asked, without that of the board."""
    titles = " ".join(fleet.boards[name].titles)
    return re.findall(rf"Verify {name}-(\w+)", titles)
