"""The truth table of a rollout: what a host ends as, what it counts for, and the verdict."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jetfleet.rollout import events
from jetfleet.rollout.actions import Halt, Judge, Mark, Send
from jetfleet.rollout.decide import decide
from jetfleet.rollout.exit_code import RolloutExit
from jetfleet.rollout.fold import fold
from jetfleet.rollout.outcomes import MEANING
from jetfleet.rollout.rollout import Budgets, Rollout, Site
from jetfleet.rollout.state import State
from jetfleet.rollout.verdict import too_many
from tests.support.rendered import ROOT
from tests.support.rollouts import rollout_of

T = 1_000_000.0


def sent(rollout: Rollout, wave: int, task: str = "t", attempt: int = 1) -> events.Event:
    return events.Sent(T, task, "apply", "site-0", rollout.waves[wave].hosts, wave, attempt)


def ended(rollout: Rollout, outcomes: list[str], wave: int = 0) -> State:
    """The state after the hosts of a wave have ended so, and all gates have passed."""
    happened: list[events.Event] = [events.Opened(T, "ada")]
    happened += [events.Judged(T, before, "pass", "") for before in range(wave)]
    happened.append(sent(rollout, wave))
    hosts = rollout.waves[wave].hosts
    happened += [events.Done(T, host, "t", one) for host, one in zip(hosts, outcomes, strict=True)]
    happened.append(events.Sent(T, "p", "probe", "", hosts, wave, 1))
    gates = [gate.name for gate in rollout.waves[wave].gates]
    happened += [events.GateRead(T, wave, "p", gate, "pass") for gate in gates]
    return fold(rollout, happened)


def verdict(outcomes: list[str], *, wave: int = 1, **more: object) -> str:
    rollout = rollout_of([1, len(outcomes)] if wave else [len(outcomes), 1], **more)
    actions = decide(ended(rollout, outcomes, wave), rollout, T + 1)
    return next(one.verdict for one in actions if isinstance(one, Judge))


@pytest.mark.parametrize(
    ("outcome", "failed", "evidence", "undo", "quarantined"),
    [
        ("changed", False, True, True, False),
        ("same", False, False, False, False),
        ("changed-before", False, True, True, False),
        ("not-verified", True, True, True, False),
        ("failed", True, True, True, False),
        ("lost", True, True, True, False),
        ("unreachable", False, False, False, True),
        ("site-unreachable", False, False, False, True),
        ("refused", False, False, False, False),
        ("busy", False, False, False, True),
        ("not-fetched", False, False, False, True),
        ("unknown", False, False, False, False),
    ],
)
def test_what_an_outcome_counts_for(
    outcome: str, *, failed: bool, evidence: bool, undo: bool, quarantined: bool
) -> None:
    it = MEANING[outcome]
    assert (it.failed, it.evidence, it.undo, it.quarantined) == (
        failed,
        evidence,
        undo,
        quarantined,
    )


@pytest.mark.parametrize(
    ("outcomes", "wave", "expected"),
    [
        (["changed"] * 10, 1, "pass"),
        (["same"] * 10, 1, "pass"),
        (["changed"] * 9 + ["failed"], 1, "pass"),  # below at_least
        (["changed"] * 8 + ["failed", "lost"], 1, "fail"),
        (["changed"] * 100 + ["failed"] * 4, 1, "pass"),  # 4 of 104
        (["failed"], 1, "fail"),  # every host that was tried
        (["changed"] * 8 + ["unreachable"] * 2, 1, "pass"),
        (["changed"] * 6 + ["unreachable"] * 4, 1, "inconclusive"),
        (["changed"] * 7 + ["refused"] * 3, 1, "inconclusive"),  # below the quorum
        (["changed"] * 2 + ["same"] * 8, 1, "pass"),
        (["unreachable"] * 10, 1, "inconclusive"),
        (["changed", "changed"], 0, "pass"),
        (["changed", "failed"], 0, "fail"),
        (["changed", "refused"], 0, "fail"),  # in a canary it is systematic
        (["unreachable"], 0, "inconclusive"),
        (["same"], 0, "inconclusive"),  # a canary that tells nothing
        (["not-fetched"], 0, "inconclusive"),  # the registry was down: no failure of the change
    ],
)
def test_the_verdict_of_a_wave(outcomes: list[str], wave: int, expected: str) -> None:
    assert verdict(outcomes, wave=wave) == expected


@pytest.mark.parametrize(
    ("share", "failed", "tried", "expected"),
    [
        (0, 1, 1, True),
        (0, 0, 1, False),
        ("5%", 1, 3, False),
        ("5%", 2, 3, True),
        ("5%", 2, 40, False),
    ],
)
def test_a_percentage_counts_from_two_failed_hosts_on(
    share: str | int, failed: int, tried: int, *, expected: bool
) -> None:
    assert too_many(share, failed, tried, at_least=2) is expected


def test_a_wave_fails_before_the_rest_is_back() -> None:
    rollout = rollout_of([4, 1])
    state = fold(rollout, [events.Opened(T, "ada"), sent(rollout, 0),
                           events.Done(T, "board-0000", "t", "failed")])  # fmt: skip
    actions = decide(state, rollout, T + 1)
    assert [one.verdict for one in actions if isinstance(one, Judge)] == ["fail"]
    fold(rollout, [one.event(T + 1) for one in actions], state)
    (halt,) = decide(state, rollout, T + 1)
    assert isinstance(halt, Halt)
    fold(rollout, [halt.event(T + 1)], state)
    assert decide(state, rollout, T + 2) == []  # what is in flight may end


def test_silent_after_it_was_begun_is_lost_and_before_it_unknown() -> None:
    rollout = rollout_of([2, 1], sites=1)
    state = fold(rollout, [events.Opened(T, "ada"), sent(rollout, 0),
                           events.Begun(T, "board-0000", "t")])  # fmt: skip
    assert decide(state, rollout, T + 600) == []
    assert [(one.host, one.outcome) for one in decide(state, rollout, T + 601)] == [
        ("board-0000", "lost")
    ]
    marks = decide(state, rollout, T + 2701)
    assert {one.host: one.outcome for one in marks if isinstance(one, Mark)} == {
        "board-0000": "lost", "board-0001": "unknown",
    }  # fmt: skip


def test_silence_while_the_controller_was_away_counts_for_nobody() -> None:
    rollout = rollout_of([2, 1], sites=1)
    happened = [events.Opened(T, "ada"), sent(rollout, 0), events.Begun(T, "board-0000", "t"),
                events.Opened(T + 9000, "ada")]  # fmt: skip
    assert decide(fold(rollout, happened), rollout, T + 9001) == []


def test_a_lost_board_that_reports_after_all_counts_as_what_it_says() -> None:
    rollout = rollout_of([1, 1])
    happened: list[events.Event] = [
        events.Opened(T, "ada"), sent(rollout, 0), events.Begun(T, "board-0000", "t"),
        events.Marked(T, "board-0000", "lost", "silent"),
    ]  # fmt: skip
    assert fold(rollout, happened).hosts["board-0000"].outcome == "lost"
    happened.append(events.Done(T + 1, "board-0000", "t", "changed"))
    assert fold(rollout, happened).hosts["board-0000"].outcome == "changed"
    happened.append(events.Done(T + 2, "board-0000", "t", "failed"))  # news of the same twice
    assert fold(rollout, happened).hosts["board-0000"].outcome == "changed"


def test_unreachable_after_it_was_begun_is_lost() -> None:
    rollout = rollout_of([1, 1])
    happened = [events.Opened(T, "ada"), sent(rollout, 0), events.Begun(T, "board-0000", "t"),
                events.Done(T, "board-0000", "t", "unreachable")]  # fmt: skip
    assert fold(rollout, happened).hosts["board-0000"].outcome == "lost"


def test_a_site_without_a_sign_of_its_worker_is_quarantined_at_once() -> None:
    sites = {"site-0": Site("site-0", 2, worker=True), "site-1": Site("site-1", 2)}
    rollout = replace(rollout_of([1, 20]), sites=sites)
    state = fold(rollout, [events.Opened(T, "ada"), events.Judged(T, 0, "pass", ""),
                           events.SiteSeen(T, "site-0")])  # fmt: skip
    marks = [one for one in decide(state, rollout, T + 181) if isinstance(one, Mark)]
    assert {one.outcome for one in marks} == {"site-unreachable"}
    assert {rollout.hosts[one.host].site for one in marks} == {"site-0"}
    assert len(marks) == 10


def test_a_board_that_is_busy_is_waited_for_and_then_quarantined() -> None:
    rollout = rollout_of([1, 1])
    state = fold(rollout, [events.Opened(T, "ada"), sent(rollout, 0),
                           events.Done(T, "board-0000", "t", "busy")])  # fmt: skip
    assert decide(state, rollout, T + 1) == []
    (again,) = decide(state, rollout, T + 31)
    assert isinstance(again, Send)
    assert again.attempt == 2
    (mark,) = decide(state, rollout, T + 301)
    assert isinstance(mark, Mark)
    assert mark.outcome == "busy"


def test_a_host_that_is_given_up_counts_until_its_lease_has_run_out() -> None:
    rollout = rollout_of([1, 3], sites=1, at_once=1, budgets=Budgets(wave=3))
    state = fold(rollout, [
        events.Opened(T, "ada"), events.Judged(T, 0, "pass", ""),
        events.Sent(T, "t", "apply", "site-0", ("board-0001",), 1, 1),
        events.Begun(T, "board-0001", "t"), events.Marked(T + 600, "board-0001", "lost", "silent"),
    ])  # fmt: skip
    assert decide(state, rollout, T + 719) == []
    (send,) = decide(state, rollout, T + 720)
    assert isinstance(send, Send)
    assert len(send.hosts) == 1


def test_a_person_is_asked_for_a_wave_that_wants_one_and_a_resume_is_no_verdict() -> None:
    rollout = rollout_of([1, 1])
    state = ended(rollout, ["unreachable"])
    fold(rollout, [one.event(T) for one in decide(state, rollout, T)], state)
    assert state.verdicts[0].verdict == "inconclusive"
    fold(rollout, [events.Paused(T, "ada", ""), events.Resumed(T, "ada", "")], state)
    assert decide(state, rollout, T + 5) == []
    fold(rollout, [events.Judged(T, 0, "pass", "seen it myself", "ada")], state)
    assert isinstance(decide(state, rollout, T + 6)[0], Send)


def test_a_gate_that_is_read_again_changes_no_verdict() -> None:
    rollout = rollout_of([1, 1])
    state = ended(rollout, ["changed"])
    fold(rollout, [events.GateRead(T, 0, "p", "verified", "fail")], state)
    assert state.probes[0].read["verified"].verdict == "pass"
    fold(rollout, [one.event(T) for one in decide(state, rollout, T)], state)
    assert state.verdicts[0].verdict == "pass"
    fold(rollout, [events.GateRead(T, 0, "p", "in-sync", "no-data")], state)
    assert state.probes[0].read["in-sync"].verdict == "pass"


def test_the_guide_has_the_same_table() -> None:
    text = (ROOT / "docs/guide/rollout.md").read_text(encoding="utf-8")
    text = text.partition("## What a host ends as")[2].partition("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines() if line.startswith("| `")]  # fmt: skip
    assert [row[0].strip("`") for row in rows] == list(MEANING)
    for name, _, failed, evidence, undo, again in rows:
        it = MEANING[name.strip("`")]
        assert (failed == "yes", evidence == "yes") == (it.failed, it.evidence), name
        assert undo == ("after a survey" if it.surveyed else "yes" if it.undo else "no"), name
        assert (again == "yes") == it.quarantined, name


def test_the_documents_have_every_exit_code() -> None:
    text = (ROOT / "docs/formats.md").read_text(encoding="utf-8")
    table = text.partition("## Exit codes of a rollout")[2].partition("## ")[0]
    for code in RolloutExit:
        assert f"\n| {int(code)} | " in table
