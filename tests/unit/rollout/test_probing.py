"""The gates of a wave as a task reads them: rounds of questions, and boards that are silent."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from jetfleet.events.event import BoardRead
from jetfleet.events.host import HostRun
from jetfleet.rollout.boards import Task
from jetfleet.rollout.gates.records import kept
from jetfleet.rollout.here.ask import Answer, Ask, Target
from jetfleet.rollout.here.folder import TaskFolder
from jetfleet.rollout.here.needs import Needs
from jetfleet.rollout.here.probing import ROUNDS, Probing
from jetfleet.rollout.here.question import Question
from jetfleet.rollout.here.readings import Reading, keep, latest
from jetfleet.rollout.here.reports import TaskReports
from jetfleet.rollout.rollout import Gate
from tests.support.gate_evidence import BEFORE, record, state

RATE = {"service": "llm", "requests": "5..15"}
GATES = (Gate("verified"), Gate("in-sync"), Gate("tokens_per_second", RATE, measured=True))
STEADY = [100.0, 101.0, 99.0, 100.0, 100.5]
NOISY = [100.0, 80.0, 115.0, 85.0, 110.0]

Says = Callable[[str, Question], "BoardRead | None"]


def read(host: str, question: Question, rates: list[float] = STEADY, **more: Any) -> BoardRead:
    """What a good board says to a question."""
    measured = [record(host, rates).plain for _ in question.measures]
    given: dict[str, Any] = {"services": ("llm",), "records": tuple(measured)}
    if question.state:
        given["state"] = state().model_dump(mode="json")
    if question.compares:
        given["differences"] = ()
    return BoardRead(host=host, **{**given, **more})


@dataclass
class SaidRun:
    """A run in which each board has said something, or has not come to its end."""

    said: Mapping[str, BoardRead | None]
    ended: bool = False
    hosts: list[str] = field(default_factory=list)

    def answers(self, heard: Callable[[str], None]) -> Iterator[tuple[str, Answer]]:
        del heard
        self.ended = True
        for name, one in self.said.items():
            yield name, Answer(HostRun(name, read=one), whole=one is not None)

    def end(self, after: float = 0.0) -> None:
        """End it."""

    def close(self) -> None:
        """Take it away."""


@dataclass
class SaidRuns:
    """Runs that ask a function in place of boards."""

    says: Says
    asked: list[tuple[str, Question]] = field(default_factory=list)

    def start(self, ask: Ask, hosts: Sequence[str], asks: Mapping[str, Ask]) -> Any:
        said: dict[str, BoardRead | None] = {}
        for name in hosts:
            question = asks[name].question
            assert question
            assert ask.phase == "read"
            if not ask.alone:
                self.asked.append((name, question))
            said[name] = self.says(name, question)
        return SaidRun(said)


@dataclass
class Asked:
    """A probe of a wave whose boards were measured before their change."""

    folder: TaskFolder
    runs: SaidRuns
    probing: Probing
    task: Task

    def reads(self) -> dict[str, tuple[str, tuple[str, ...]]]:
        return {one.gate: (one.verdict, one.hosts) for one in self.probing.reads()}


def asked(
    tmp_path: Path, says: Says, hosts: Sequence[str] = ("a",), controls: Sequence[str] = ()
) -> Asked:
    named = {"plan": "p", "commit": "c", "site": "", "wave": 0, "attempt": 1}
    classes = dict.fromkeys((*hosts, *controls), "orin")
    task = Task(
        "r1/3-probe/1", "probe", "r1", hosts=tuple(hosts), gates=GATES, controls=tuple(controls),
        classes=classes, **named,  # type: ignore[arg-type]
    )  # fmt: skip
    folder = TaskFolder.of(tmp_path / "rollouts", task.id)
    applied = TaskFolder.of(tmp_path / "rollouts", "r1/1-apply/1")
    for path in (folder.path, applied.path, folder.let_go):
        path.mkdir(parents=True)
    for name in (*hosts, *controls):
        before = Reading(
            at=1.0, services=("llm",), state=BEFORE, records={"llm": record(name, STEADY)}
        )
        keep(applied, "before", name, before)
    runs = SaidRuns(says)
    targets = dict.fromkeys(classes, Target("c"))
    return Asked(
        folder, runs, Probing(task, folder, runs, TaskReports(folder, task), targets), task
    )


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jetfleet.rollout.here.batch.TURN", 0)
    monkeypatch.setattr("jetfleet.rollout.here.batch.GATHER", 0)
    monkeypatch.setattr("jetfleet.rollout.here.probing.WAIT", 0)


def test_a_good_wave_passes_and_its_figures_are_kept(tmp_path: Path) -> None:
    probe = asked(tmp_path, read, ("a", "b"))
    assert set(probe.reads().values()) == {("pass", ())}
    assert {one.host for one in kept(tmp_path / "probes")} == {"a", "b"}
    assert len(probe.runs.asked) == 2


def test_a_slow_wave_fails_and_is_no_baseline(tmp_path: Path) -> None:
    slow = [0.8 * one for one in STEADY]
    probe = asked(tmp_path, lambda name, question: read(name, question, slow))
    assert probe.reads()["tokens_per_second"] == ("fail", ("a",))
    assert not kept(tmp_path / "probes")


def test_boards_that_were_not_changed_can_explain_it(tmp_path: Path) -> None:
    slow = [0.8 * one for one in STEADY]
    probe = asked(tmp_path, lambda name, question: read(name, question, slow), ("a",), ("z",))
    assert probe.reads()["tokens_per_second"][0] == "no-data"
    assert dict(probe.runs.asked)["z"].compares


@pytest.mark.parametrize("differences", [("its flags differ",), None])
def test_a_control_that_was_changed_meanwhile_explains_nothing(
    tmp_path: Path, differences: tuple[str, ...] | None
) -> None:
    slow = [0.8 * one for one in STEADY]

    def says(name: str, question: Question) -> BoardRead:
        changed = {"differences": differences} if name == "z" else {}
        return read(name, question, slow, **changed)

    probe = asked(tmp_path, says, ("a",), ("z",))
    assert probe.reads()["tokens_per_second"] == ("fail", ("a",))


def test_controls_are_measured_in_each_round(tmp_path: Path) -> None:
    probe = asked(tmp_path, lambda name, question: read(name, question, NOISY), ("a",), ("z",))
    probe.reads()
    rounds = [(name, question.state) for name, question in probe.runs.asked]
    assert sorted(rounds) == sorted(
        [(one, first) for one in "az" for first in (True, False, False)]
    )


def test_what_more_requests_decide_is_asked_and_they_are_bounded(tmp_path: Path) -> None:
    probe = asked(tmp_path, lambda name, question: read(name, question, NOISY))
    assert probe.reads()["tokens_per_second"][0] == "no-data"
    counts = [one.requests for _, question in probe.runs.asked for one in question.measures]
    assert counts == [5, 5, 5]
    assert [question.state for _, question in probe.runs.asked] == [True, False, False]


def test_a_service_that_is_loading_is_read_again_and_not_for_ever(tmp_path: Path) -> None:
    loading = state(active="activating", starting=5.0).model_dump(mode="json")
    probe = judged(tmp_path, Gate("ready"), state=loading)
    assert probe.reads() == {"ready": ("no-data", ("a",))}
    assert len(probe.runs.asked) == ROUNDS


def judged(tmp_path: Path, gate: Gate, **said: Any) -> Asked:
    """A probe of one gate alone, of a board that says this."""
    probe = asked(tmp_path, lambda name, question: read(name, question, **said))
    probe.probing = Probing(
        Task(**{**vars(probe.task), "gates": (gate,)}), probe.folder, probe.runs,
        probe.probing.reports, probe.probing.targets,
    )  # fmt: skip
    return probe


@pytest.mark.parametrize(("patience", "verdict"), [(0, "fail"), (600, "fail"), (1800, "no-data")])
def test_a_start_has_the_time_that_the_spec_gives_it(
    tmp_path: Path, patience: float, verdict: str
) -> None:
    earlier, later = (state(active="activating", starting=at, work=1) for at in (700.0, 900.0))
    probe = judged(tmp_path, Gate("ready"), state=later.model_dump(mode="json"), patience=patience)
    applied = TaskFolder.of(tmp_path / "rollouts", "r1/1-apply/1")
    keep(applied, "ready", "a", Reading(at=2.0, services=("llm",), state=earlier))
    assert probe.reads() == {"ready": (verdict, ("a",))}


@pytest.mark.parametrize(
    ("disks", "verdict"),
    [((), "pass"), (("/",), "pass"), (("/", "/data"), "fail"), (("/", "/not-read"), "no-data")],
)
def test_each_disk_that_the_spec_uses_has_to_be_free(
    tmp_path: Path, disks: tuple[str, ...], verdict: str
) -> None:
    full = {"mounted": True, "total": 50 << 30, "free": 1 << 29}
    read = state().model_dump(mode="json")
    read["readings"]["disks"]["/data"] = full
    found = judged(tmp_path, Gate("disk"), state=read, disks=disks).reads()
    assert found["disk"][0] == verdict


def _silent(name: str, question: Question) -> BoardRead | None:
    return None if name == "off" else read(name, question)


def _rubbish(name: str, question: Question) -> BoardRead | None:
    if name == "off":
        return BoardRead(host=name, services=("llm",), state={"readings": 7}, records=({"a": 1},))
    return read(name, question)


@pytest.mark.parametrize("says", [_silent, _rubbish])
def test_a_silent_board_is_no_data_for_itself_alone(tmp_path: Path, says: Says) -> None:
    probe = asked(tmp_path, says, ("good", "off"))
    reads = {one.gate: one for one in probe.probing.reads()}
    assert {one.verdict for one in reads.values()} == {"no-data"}
    assert {one.hosts for one in reads.values()} == {("off",)}
    assert [name for name, _ in probe.runs.asked].count("good") == 1
    assert not kept(tmp_path / "probes")


def test_a_board_that_hangs_is_waited_for_no_longer_than_its_time(tmp_path: Path) -> None:
    class Hanging(SaidRuns):
        def start(self, ask: Ask, hosts: Sequence[str], asks: Mapping[str, Ask]) -> Any:
            run = super().start(ask, hosts, asks)
            run.said = {name: one for name, one in run.said.items() if name != "hangs"}
            return run

    probe = asked(tmp_path, read, ("good", "hangs"))
    probe.probing.runs = Hanging(read)
    probe.probing._end -= probe.probing.within - 0.3
    reads = {one.gate: one for one in probe.probing.reads()}
    assert {(one.verdict, one.hosts) for one in reads.values()} == {("no-data", ("hangs",))}


def test_what_a_task_reports_of_a_reading_is_bounded() -> None:
    long = Reading(state=state({"errors": {"a": "x" * 9000}}), records={"llm": record("a", STEADY)})
    assert "state" not in long.reported
    assert set(long.reported["records"]) == {"llm"}
    assert len(json.dumps(long.reported)) < 6000
    assert "state" in Reading(state=state()).reported


def test_a_damaged_reading_does_not_count(tmp_path: Path) -> None:
    folder = TaskFolder(tmp_path)
    assert latest([folder], "before", "a") is None
    keep(folder, "before", "a", Reading(at=2.0))
    assert latest([folder], "before", "a") == Reading(at=2.0)
    (folder.readings / "a.before.json").write_text("{", encoding="utf-8")
    assert latest([folder], "before", "a") is None


def test_a_gate_without_a_service_is_not_measured() -> None:
    assert Needs.of([Gate("tokens_per_second"), Gate("else")]).gates == ()
    needs = Needs.of([Gate("ttft_ms", {"service": "a", "requests": "7..9", "tokens": 8}), GATES[2]])
    assert [(one.service, one.requests, one.tokens) for one in needs.measures] == [
        ("a", 7, 8), ("llm", 5, 64),
    ]  # fmt: skip
