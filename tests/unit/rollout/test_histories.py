"""Random histories of rollouts keep their invariants, and a faulty `decide` does not."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from jetfleet.errors import FleetError
from jetfleet.rollout import (
    budget,
    decide,
    events,
    fold_host,
    sending,
    state,
    verdict,
    way_back,
    words,
)
from jetfleet.rollout import fold as folding
from jetfleet.rollout.outcomes import GOOD, MEANING
from tests.support import rollout_histories
from tests.support.rollout_histories import History, Violation

FEW, MANY = 2000, 20000

Patch = Callable[[pytest.MonkeyPatch], None]


def ends(first: int, count: int) -> Counter[str]:
    return Counter(History(seed).run() for seed in range(first, first + count))


def test_random_histories_keep_what_must_hold() -> None:
    """And everything that can happen does in some of them."""
    found, seen = set(), set()
    for seed in range(FEW):
        history = History(seed)
        found.add(history.run())
        seen |= history.seen()
    assert found == {"done", "incomplete", "halted", "not-back", "aborted"}
    assert {*events.KINDS, *MEANING} <= seen
    assert {"pass", "fail", "inconclusive", "ready"} <= seen
    assert {"apply", "undo", "survey", "stage", "probe", "no-way-back"} <= seen


@pytest.mark.campaign
def test_twenty_thousand_random_histories_keep_what_must_hold() -> None:
    assert ends(FEW, MANY).total() == MANY


def unlimited(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(budget.Room, "has", lambda *_: True)


def quarantined_are_free(patch: pytest.MonkeyPatch) -> None:
    def in_work(host: Any, now: float) -> bool:
        del now
        return host.purpose in {"apply", "undo"}

    patch.setattr(budget, "in_work", in_work)


def inconclusive_passes(patch: pytest.MonkeyPatch) -> None:
    def active(self: state.State) -> int | None:
        judged = {n for n, one in self.verdicts.items() if one.verdict != "fail"}
        return next((n for n in range(len(self.waves)) if n not in judged), None)

    patch.setattr(state.State, "active", property(active))


def no_data_passes(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(verdict, "_unread", lambda *_: "")


def attempts_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    send = sending.Sender.send

    def same(self: Any, *given: Any) -> None:
        send(self, *given[:-1], 1)

    patch.setattr(sending.Sender, "send", same)


def those_in_flight_are_sent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sending.Sender, "_may_begin", lambda *_: True)


def a_halt_goes_on(patch: pytest.MonkeyPatch) -> None:
    def go_on(it: Any, rollout: Any, now: float) -> Any:
        number = it.active
        return [] if number is None else decide._go_on(it, rollout, number, now)

    patch.setattr(decide, "way_back", go_on)


def a_pause_goes_on(patch: pytest.MonkeyPatch) -> None:
    go_on = decide._go_on

    def blind(it: Any, *rest: Any) -> Any:
        blinded = copy.copy(it)
        blinded.paused = ""
        return go_on(blinded, *rest)

    patch.setattr(decide, "_go_on", blind)


def nobody_can_judge(patch: pytest.MonkeyPatch) -> None:
    def judge(*_: Any) -> None:
        raise FleetError("no")

    patch.setattr(words, "judge", judge)


def all_are_taken_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(way_back, "_wanted", lambda host: not host.undo)


def the_lost_are_not_surveyed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(sending.Sender, "survey", lambda *_: None)


def quarantined_block(patch: pytest.MonkeyPatch) -> None:
    still = decide._open

    def blocking(it: Any, name: str) -> bool:
        return still(it, name) or it.hosts[name].outcome == "unreachable"

    patch.setattr(decide, "_open", blocking)


def nothing_is_ever_late(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "overdue", lambda *_: ())


def persons_are_not_named(patch: pytest.MonkeyPatch) -> None:
    named = rollout_histories.waits

    def fewer(*given: Any) -> Any:
        return tuple(wait for wait in named(*given) if wait.kind != "person")

    patch.setattr(rollout_histories, "waits", fewer)


def failed_is_done(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "GOOD", GOOD | {"failed", "lost"})


def the_fold_remembers(patch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    def opened(it: state.State, _: Any, event: events.Opened) -> None:
        seen.append(event.at)
        it.opened_at = it.active_since = event.at + len(seen)
        it.began_at = it.began_at or event.at

    patch.setitem(folding._HANDLERS, events.Opened, opened)


def a_lost_store_is_an_empty_one(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(folding._HANDLERS, events.Rebuilt, lambda *_: None)


def unread_boards_are_left_alone(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(decide, "_rebuilt", lambda *_: None)

    def rebuilt(it: state.State, rollout: Any, event: events.Rebuilt) -> None:
        folding._rebuilt(it, rollout, event)
        for host in it.hosts.values():
            host.outcome = ""

    patch.setitem(folding._HANDLERS, events.Rebuilt, rebuilt)


def a_way_back_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    read = fold_host._read

    def forgetful(host: Any, *rest: Any) -> None:
        read(host, *rest)
        host.taken_back = False

    patch.setattr(fold_host, "_read", forgetful)


def a_retry_forgets(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(fold_host, "is_half", lambda _: False)


FAULTS: tuple[tuple[str, Patch], ...] = (
    ("no host beyond a budget", unlimited),
    ("no host beyond a budget", quarantined_are_free),
    ("no wave before its gate", inconclusive_passes),
    ("no wave before its gate", no_data_passes),
    ("no host twice in an attempt", attempts_are_not_counted),
    ("no host twice in an attempt", those_in_flight_are_sent),
    ("a halt sends nothing new", a_halt_goes_on),
    ("a halt sends nothing new", a_pause_goes_on),
    ("undo reaches only what was changed", all_are_taken_back),
    ("ends", nobody_can_judge),
    ("names what it waits for", the_lost_are_not_surveyed),
    ("names what it waits for", quarantined_block),
    ("ends", nothing_is_ever_late),
    ("names what it waits for", persons_are_not_named),
    ("done means done", failed_is_done),
    ("the fold is one", the_fold_remembers),
    ("what is half changed is known", a_retry_forgets),
    ("no host twice in an attempt", a_lost_store_is_an_empty_one),
    ("unread boards are not guessed", unread_boards_are_left_alone),
    ("what was halted stays halted", a_way_back_is_forgotten),
)


@pytest.mark.parametrize(
    ("invariant", "fault"), FAULTS, ids=lambda one: getattr(one, "__name__", "")
)
def test_a_fault_breaks_its_invariant(
    invariant: str, fault: Patch, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault(monkeypatch)
    broken: set[str] = set()
    for seed in range(FEW):
        try:
            History(seed).run()
        except Violation as violation:
            broken.add(violation.invariant)
        if invariant in broken:
            return
    pytest.fail(f"{invariant} held, and what broke is {sorted(broken)}")
