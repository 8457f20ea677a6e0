"""A controller and simulated boards: how a rollout ends, by a clock that the test turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from jetfleet.rollout import events, words
from jetfleet.rollout.boards import Task
from jetfleet.rollout.controller import Controller
from jetfleet.rollout.exit_code import RolloutExit
from jetfleet.rollout.rollout import Site, Window
from jetfleet.rollout.store import InTheWay
from tests.support.rollouts import controller, rollout_of, simulated
from tests.support.simulated_boards import good

BAD = "board-0003"


def failing(host: str, task: Task) -> str:
    return "failed" if host == BAD and task.purpose == "apply" else good(host, task)


def outcomes(of: Controller) -> set[str]:
    return {host.outcome for host in of.state.hosts.values()}


def said(of: Controller, reason: str = "because") -> words.Said:
    return words.Said("ada", reason, of.clock.now())


def test_a_good_change_reaches_all_hosts_once(tmp_path: Path) -> None:
    rollout = rollout_of([2, 10, 28])
    boards = simulated(tmp_path)
    driven = controller(tmp_path, rollout, boards)
    assert driven.run() is RolloutExit.DONE
    assert outcomes(driven) == {"changed"}
    assert sorted(row.host for row in boards.changes()) == sorted(rollout.hosts)
    assert boards.most_at_once("site-0") <= 4
    assert boards.most_at_once() <= 8


def test_a_bad_canary_halts_it_and_nothing_else_is_touched(tmp_path: Path) -> None:
    boards = simulated(tmp_path, fate=lambda host, task: (
        "failed" if task.purpose == "apply" else good(host, task)))  # fmt: skip
    driven = controller(tmp_path, rollout_of([2, 20]), boards)
    assert driven.run() is RolloutExit.HALTED
    assert {row.host for row in boards.rows} == {"board-0000", "board-0001"}
    assert {row.outcome for row in boards.rows if row.purpose == "undo"} == {"undone"}


def test_a_failed_gate_takes_its_wave_back_and_leaves_the_one_before(tmp_path: Path) -> None:
    boards = simulated(tmp_path)
    driven = controller(tmp_path, rollout_of([1, 4, 10]), boards)
    boards.verdicts = {}
    reads = boards._reads

    def later(task: Task) -> object:
        boards.verdicts = {"in-sync": "fail"} if task.wave == 1 else {}
        return reads(task)

    boards._reads = later  # type: ignore[method-assign, assignment]
    assert driven.run() is RolloutExit.HALTED
    undone = {row.host for row in boards.rows if row.purpose == "undo"}
    assert undone == set(driven.rollout.waves[1].hosts)
    assert "in-sync" in driven.state.halted


def test_a_board_that_cannot_be_brought_back_has_its_own_exit(tmp_path: Path) -> None:
    def stuck(host: str, task: Task) -> str:
        del host
        return {"apply": "not-verified", "undo": "undo-failed"}.get(task.purpose, "")

    driven = controller(tmp_path, rollout_of([1, 4]), simulated(tmp_path, fate=stuck))
    assert driven.run() is RolloutExit.NOT_BACK
    assert driven.state.hosts["board-0000"].undo == "not-back"


def test_a_halted_plan_is_blocked_until_a_reason_is_given(tmp_path: Path) -> None:
    boards = simulated(tmp_path, fate=lambda *_: "failed")
    controller(tmp_path, rollout_of([1, 4]), boards).run()
    second = rollout_of([1, 4], id="r2")
    with pytest.raises(InTheWay, match="halted by the rollout r1"):
        controller(tmp_path, second, boards)
    assert controller(tmp_path, second, boards, again="the disk was full").rollout.id == "r2"


def test_without_data_of_a_gate_a_person_judges(tmp_path: Path) -> None:
    boards = simulated(tmp_path, verdicts={"in-sync": "no-data"})
    driven = controller(tmp_path, rollout_of([1, 4]), boards)
    assert driven.run() is RolloutExit.NOT_OVER
    assert driven.state.verdicts[0].verdict == "inconclusive"
    boards.verdicts = {}
    driven.store.add(driven.rollout, [words.judge(driven.state, 0, "pass", said(driven))])
    assert controller(tmp_path, driven.rollout, boards).run() is RolloutExit.DONE


def test_quarantined_boards_hold_back_nobody_and_are_caught_up(tmp_path: Path) -> None:
    off = {"board-0005", "board-0006"}

    def fate(host: str, task: Task) -> str:
        return "unreachable" if host in off and task.purpose == "apply" else good(host, task)

    boards = simulated(tmp_path, fate=fate)
    driven = controller(tmp_path, rollout_of([1, 19]), boards)
    assert driven.run() is RolloutExit.INCOMPLETE
    assert len([*boards.changes()]) == 18
    off.clear()
    driven.store.add(
        driven.rollout, [words.catch_up(driven.state, driven.rollout, (), said(driven))]
    )
    again = controller(tmp_path, driven.rollout, boards)
    assert again.run() is RolloutExit.DONE
    assert len([*boards.changes()]) == 20


def test_who_was_off_is_caught_up_an_hour_later_and_no_sooner(tmp_path: Path) -> None:
    """By a clock that the test turns; no person says anything."""
    off = {"board-0005"}

    def fate(host: str, task: Task) -> str:
        return "unreachable" if host in off and task.purpose == "apply" else good(host, task)

    boards, rollout = simulated(tmp_path, fate=fate), rollout_of([1, 9])
    assert controller(tmp_path, rollout, boards).run() is RolloutExit.INCOMPLETE
    off.clear()
    boards.clock.sleep(rollout.catch_up_every - 60)
    assert controller(tmp_path, rollout, boards).run() is RolloutExit.INCOMPLETE
    assert len([*boards.changes()]) == 9
    boards.clock.sleep(61)
    assert controller(tmp_path, rollout, boards).run() is RolloutExit.DONE
    assert len([*boards.changes()]) == 10


def test_a_retry_begins_with_the_canary_of_the_failed_wave(tmp_path: Path) -> None:
    bad = {f"board-{n:04d}" for n in range(1, 9)}

    def fate(host: str, task: Task) -> str:
        return "failed" if host in bad and task.purpose == "apply" else good(host, task)

    boards = simulated(tmp_path, fate=fate)
    driven = controller(tmp_path, rollout_of([1, 8]), boards)
    assert driven.run() is RolloutExit.HALTED
    before, _ = len(boards.rows), bad.clear()
    driven.store.add(driven.rollout, [words.retry(driven.state, said(driven, "power is back"))])
    again = controller(tmp_path, driven.rollout, boards)
    assert again.run() is RolloutExit.DONE
    first, *others = [row for row in boards.rows[before:] if row.purpose == "apply"]
    assert all(row.starts >= first.ends for row in others)
    assert len(others) == 7


def test_an_abort_surveys_what_was_in_flight(tmp_path: Path) -> None:
    boards = simulated(tmp_path, seconds=600)
    driven = controller(tmp_path, rollout_of([4, 8]), boards)
    news = boards.news

    def aborting(timeout: float) -> object:
        driven.store.add(driven.rollout, [events.Aborted(boards.clock.now(), "ada", "enough")])
        boards.news = news  # type: ignore[method-assign]
        return news(timeout)

    boards.news = aborting  # type: ignore[method-assign, assignment]
    assert driven.run() is RolloutExit.ABORTED
    assert len([row for row in boards.rows if row.purpose == "survey"]) >= 4
    assert "unknown" not in outcomes(driven)


def test_a_drained_controller_leaves_what_another_one_finishes(tmp_path: Path) -> None:
    rollout = rollout_of([2, 30])
    boards = simulated(tmp_path)
    driven = controller(tmp_path, rollout, boards)
    driven.drain()
    assert driven.run() is RolloutExit.NOT_OVER
    assert not boards.rows
    assert controller(tmp_path, rollout, boards).run() is RolloutExit.DONE


def test_one_controller_at_a_time(tmp_path: Path) -> None:
    driven = controller(tmp_path, rollout_of([1]), simulated(tmp_path))
    with driven.store.control(driven.rollout, "eve on laptop"), pytest.raises(InTheWay) as caught:
        driven.run()
    assert "eve on laptop" in str(caught.value)
    assert driven.run() is RolloutExit.DONE


def test_a_second_rollout_of_a_fleet_waits_for_the_first(tmp_path: Path) -> None:
    boards = simulated(tmp_path)
    controller(tmp_path, rollout_of([1]), boards)
    with pytest.raises(InTheWay, match="r1 of this fleet"):
        controller(tmp_path, rollout_of([1], id="r2"), boards)


def test_a_computer_that_slept_loses_no_board(tmp_path: Path) -> None:
    boards = simulated(tmp_path, seconds=500)
    driven = controller(tmp_path, rollout_of([2, 4]), boards)
    news, slept = boards.news, []

    def sleeping(timeout: float) -> Sequence[events.News]:
        if not slept and any(host.begun_at for host in driven.state.hosts.values()):
            slept.append(boards.clock.now())
            boards.clock.sleep(20_000)
            return []
        return news(timeout)

    boards.news = sleeping  # type: ignore[method-assign]
    assert driven.run() is RolloutExit.DONE
    assert slept
    assert outcomes(driven) == {"changed"}


def test_bytes_go_ahead_and_nothing_is_activated_by_it(tmp_path: Path) -> None:
    boards = simulated(tmp_path)
    sites = {f"site-{n}": Site(f"site-{n}", 4, bandwidth=8_000_000) for n in range(2)}
    rollout = replace(rollout_of([2, 10], stage=True), sites=sites)
    driven = controller(tmp_path, rollout, boards)
    assert driven.run() is RolloutExit.DONE
    staged = [row for row in boards.rows if row.purpose == "stage"]
    assert {row.host for row in staged} == set(driven.rollout.waves[1].hosts)
    assert all(not row.changes for row in staged)
    later = [row.starts for row in boards.changes() if row.host in rollout.waves[1].hosts]
    assert min(row.starts for row in staged) < min(later)
    rates = {task.rate for task in driven.state.tasks.values() if task.purpose == "stage"}
    assert rates == {1_333_333}, "six hosts of a site fetch at once"


def test_a_job_that_does_not_stay_leaves_at_a_window_and_at_a_soak(tmp_path: Path) -> None:
    boards = simulated(tmp_path)
    now = datetime.fromtimestamp(boards.clock.now(), timezone.utc)
    opens = now.hour * 60 + now.minute + 60
    window = Window("UTC", tuple(range(7)), opens % 1440, (opens + 60) % 1440)
    sites = {"site-0": Site("site-0", 4, windows=(window,))}
    rollout = rollout_of([1, 2], sites=1)
    soaking = replace(rollout.waves[0], soak=900)
    rollout = replace(rollout, sites=sites, waves=(soaking, rollout.waves[1]))
    driven = controller(tmp_path, rollout, boards)
    driven.leave_at = frozenset({"person", "window", "soak"})
    assert driven.run() is RolloutExit.NOT_OVER
    assert not boards.rows
    boards.clock.sleep(3600)
    driven = controller(tmp_path, rollout, boards)
    driven.leave_at = frozenset({"person", "window", "soak"})
    assert driven.run() is RolloutExit.NOT_OVER
    assert len(boards.rows) == 1
    driven = controller(tmp_path, rollout, boards)
    assert driven.run() is RolloutExit.DONE
    assert boards.clock.now() - boards.rows[0].ends >= 900


def test_a_plan_is_free_again_once_its_retry_has_a_reason(tmp_path: Path) -> None:
    broken = [True]

    def fate(host: str, task: Task) -> str:
        return "failed" if broken and task.purpose == "apply" else good(host, task)

    boards = simulated(tmp_path, fate=fate)
    driven = controller(tmp_path, rollout_of([1, 2]), boards)
    assert driven.run() is RolloutExit.HALTED
    assert driven.store.blocked(driven.rollout)
    broken.clear()
    driven.store.add(driven.rollout, [words.retry(driven.state, said(driven, "power is back"))])
    assert not driven.store.blocked(driven.rollout)
    assert controller(tmp_path, driven.rollout, boards).run() is RolloutExit.DONE


def test_undoing_all_by_a_person_takes_back_each_changed_board(tmp_path: Path) -> None:
    boards = simulated(tmp_path)
    driven = controller(tmp_path, rollout_of([1, 6]), boards)
    assert driven.run() is RolloutExit.DONE
    driven.store.add(driven.rollout, [words.undo(driven.state, driven.rollout, None, said(driven))])
    assert controller(tmp_path, driven.rollout, boards).run() is RolloutExit.HALTED
    assert sorted(row.host for row in boards.rows if row.purpose == "undo") == sorted(
        driven.rollout.hosts
    )


@pytest.mark.parametrize(
    ("word", "match"),
    [
        (words.resume, "not paused"),
        (words.retry, "nothing to retry"),
        (lambda state, said: words.judge(state, 0, "pass", said), "not over"),
        (lambda state, said: words.judge(state, 1, "fail", said), "not in work"),
        (lambda state, said: words.pause(state, replace(said, reason=" ")), "no reason"),
    ],
)
def test_what_means_nothing_now_is_refused(
    word: Callable[..., object], match: str, tmp_path: Path
) -> None:
    driven = controller(tmp_path, rollout_of([1, 2]), simulated(tmp_path))
    with pytest.raises(FleetError, match=match):
        word(driven.state, said(driven))
