"""`jetfleet rollout resume --from-boards`: the store is gone, the plan and the boards are left."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path

import pytest

from jetfleet.rollout import drive as product
from jetfleet.rollout import events
from tests.support.lab import until
from tests.support.rollouts import rollout_of
from tests.support.simulated_boards import good
from tests.support.simulated_lab import SimulatedLab


class LostLab(SimulatedLab):
    """A lab whose store gets lost."""

    def lose(self) -> None:
        for path in self.folder.glob("rollouts.sqlite*"):
            path.unlink()

    def changed(self) -> list[str]:
        return sorted(row.host for row in self.boards().changes() if row.purpose == "apply")


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LostLab:
    made = LostLab(tmp_path)
    monkeypatch.setattr(product, "boards_of", made.boards)
    return made


@pytest.mark.parametrize("by", ["", "r1", "r1-2"])
def test_a_lost_rollout_goes_on_from_its_boards(lab: LostLab, by: str) -> None:
    lab.write(rollout_of([1, 4]))
    if by == "r1-2":
        assert lab.call("start", str(lab.plan)).returncode == 0
        lab.boards().path.unlink()
    begun = lab.begin(1.0, "start", str(lab.plan))
    until((lab.folder / "boards.jsonl").exists, "the first task", 30)
    begun.send_signal(signal.SIGINT)
    assert begun.communicate(timeout=60)
    assert lab.changed() == ["board-0000"]
    lab.lose()
    words = [by] if by else []
    done = lab.call("resume", *words, "--from-boards", str(lab.plan))
    assert done.returncode == 0, done.stderr
    name = by or "r1"
    assert f"rollout {name} is rebuilt from its boards: each is read first" in done.stderr
    assert "their gates are read again" in done.stdout
    assert lab.changed() == sorted(rollout_of([1, 4]).hosts)
    # The store has it now.
    done = lab.call("resume", name, "--from-boards", str(lab.plan))
    assert (done.returncode, "goes on from there" in done.stderr) == (0, True)
    assert sum(isinstance(one, events.Rebuilt) for one in lab.events(name)) == 1


def test_what_was_halted_is_not_begun_again(lab: LostLab) -> None:
    lab.write(rollout_of([1, 3]))
    lab.fate = lambda host, task: "not-verified" if task.purpose == "apply" else good(host, task)
    assert lab.call("start", str(lab.plan)).returncode == 4
    lab.fate = good
    lab.lose()
    done = lab.call("resume", "--from-boards", str(lab.plan))
    assert done.returncode == 4, done.stdout + done.stderr
    assert "before its store was lost" in done.stdout
    assert lab.call("start", str(lab.plan)).returncode == 8, "the commit is blocked again"
    assert lab.changed() == ["board-0000"]
    assert lab.call("retry", "r1", "--reason", "the server was full").returncode == 0
    assert lab.call("resume", "r1").returncode == 0
    assert lab.changed().count("board-0000") == 2
    assert set(lab.changed()) == set(rollout_of([1, 3]).hosts)


def test_two_at_once_are_one_too_many(lab: LostLab) -> None:
    lab.write(rollout_of([1, 4]))
    begun = lab.begin(600.0, "resume", "--from-boards", str(lab.plan))
    try:
        until(lambda: lab.count(events.Opened) == 1, "the first controller", 30)
        other = lab.call("resume", "--from-boards", str(lab.plan))
        assert (other.returncode, f"(process {begun.pid})" in other.stderr) == (8, True)
        lab.write(replace(rollout_of([1, 4]), id="r2"))
        other = lab.call("resume", "--from-boards", str(lab.plan))
        assert (other.returncode, "r1 of this fleet" in other.stderr) == (8, True)
        begun.send_signal(signal.SIGINT)
        begun.send_signal(signal.SIGINT)
        begun.communicate(timeout=60)
        assert begun.returncode == 130
    finally:
        begun.kill()
        begun.communicate()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("r2",), "the plan is of the rollout r1, and not of r2"),
        (("r1-x",), "and not of r1-x"),
        (("r1-99999",), "and not of"),
        (("2",), "and not of 2"),
        (("\x1b[2J\n" + "x" * 9999,), "name the plan that it was begun by"),
    ],
)
def test_another_name_is_refused(lab: LostLab, words: tuple[str, ...], said: str) -> None:
    lab.write(rollout_of([1]))
    done = lab.call("resume", *words, "--from-boards", str(lab.plan))
    assert (done.returncode, done.stdout, lab.store.exists()) == (1, "", False)
    assert said in done.stderr
    assert "\x1b" not in done.stderr
    assert len(done.stderr) < 400


def test_without_a_name_there_is_nothing_to_resume(lab: LostLab) -> None:
    done = lab.call("resume")
    assert (done.returncode, "not clear what is resumed" in done.stderr) == (1, True)
    done = lab.call("resume", "--scheduled", "--from-boards", str(lab.plan))
    assert (done.returncode, "not clear what is resumed" in done.stderr) == (1, True)
    done = lab.call("resume", "--from-boards", str(lab.folder / "none.json"))
    assert (done.returncode, lab.store.exists()) == (1, False)
