"""A task whose process died with its runner: its hosts are tried again, and none is left half."""

from __future__ import annotations

from jetfleet.rollout import events
from jetfleet.rollout.actions import Action, Send
from jetfleet.rollout.decide import decide
from jetfleet.rollout.fold import fold
from jetfleet.rollout.fold_host import ATTEMPTS
from jetfleet.rollout.state import State
from tests.support.rollouts import rollout_of

T = 1_000_000.0
OF = rollout_of([1, 3], sites=1)
HOST = "board-0000"
OPENED = events.Opened(T, "ada")


def attempt(number: int, outcome: str, *, begun: bool = False) -> list[events.Event]:
    task = f"t{number}"
    found: list[events.Event] = [events.Sent(T, task, "apply", "site-0", (HOST,), 0, number)]
    found += [events.Begun(T, HOST, task)] if begun else []
    return [*found, events.Done(T, HOST, task, outcome)]


def after(*happened: events.Event) -> State:
    return fold(OF, [OPENED, *happened])


def sends(state: State, at: float = T + 1) -> list[tuple[str, tuple[str, ...], int]]:
    acts: list[Action] = decide(state, OF, at)
    return [(one.purpose, one.hosts, one.attempt) for one in acts if isinstance(one, Send)]


def test_it_is_sent_again_at_once_with_the_next_attempt() -> None:
    for outcome, begun in (("untouched", False), ("unknown", True)):
        state = after(*attempt(1, outcome, begun=begun))
        assert ("apply", (HOST,), 2) in sends(state)
        assert state.hosts[HOST].half is begun
        done = after(*attempt(1, outcome, begun=begun), *attempt(2, "changed"))
        assert (done.hosts[HOST].outcome, done.hosts[HOST].half) == ("changed", False)


def test_a_host_that_its_tasks_die_of_is_given_up() -> None:
    happened = [one for n in range(1, ATTEMPTS + 1) for one in attempt(n, "unknown", begun=True)]
    state = after(*happened)
    assert state.hosts[HOST].outcome == "unknown"
    assert [one[0] for one in sends(state, T + OF.lease + 1)][:1] == ["survey"]
    untouched = [one for n in range(1, ATTEMPTS + 1) for one in attempt(n, "untouched")]
    assert after(*untouched).hosts[HOST].outcome == "untouched"


def test_a_board_that_is_half_changed_is_never_left_out_as_it_was() -> None:
    half = attempt(1, "unknown", begun=True)
    later = {
        "unreachable": "lost", "site-unreachable": "lost", "refused": "failed",
        "not-fetched": "failed", "not-verified": "not-verified", "changed-before": "changed-before",
    }  # fmt: skip
    for said, outcome in later.items():
        assert after(*half, *attempt(2, said)).hosts[HOST].outcome == outcome
    for mark in ("busy", "not-attempted", "site-unreachable"):
        marked = after(*half, events.Marked(T, HOST, mark, "its time is over"))
        assert (marked.hosts[HOST].outcome, marked.hosts[HOST].uncertain) == ("unknown", True)
    busy = after(*half, *attempt(2, "busy"))
    assert (busy.hosts[HOST].outcome, busy.hosts[HOST].half) == ("", True)


def test_a_halt_takes_it_back_and_an_abort_surveys_it() -> None:
    half = attempt(1, "unknown", begun=True)
    halted = after(*half, events.Halted(T, "by a person", (HOST,), "ada"))
    assert sends(halted) == [("survey", (HOST,), 1)]
    task = "s1"
    surveyed = [
        events.Sent(T, task, "survey", "site-0", (HOST,), -1, 1),
        events.Done(T, HOST, task, "begun"),
    ]
    fold(OF, surveyed, halted)
    assert sends(halted) == [("undo", (HOST,), 1)]
    aborted = after(*half, events.Aborted(T, "ada", "given up"))
    assert sends(aborted) == [("survey", (HOST,), 1)]
    # It died after the halt: nothing new begins.
    late = after(
        attempt(1, "")[0], events.Begun(T, HOST, "t1"), events.Halted(T, "bad", (HOST,)),
        events.Done(T, HOST, "t1", "unknown"),
    )  # fmt: skip
    assert late.hosts[HOST].outcome == "unknown"


def test_a_way_back_that_was_cut_off_goes_on_at_once() -> None:
    changed = [*attempt(1, "changed"), events.Halted(T, "bad", (HOST,))]
    undo = events.Sent(T, "u1", "undo", "site-0", (HOST,), -1, 1)
    cut_off = after(*changed, undo, events.Done(T, HOST, "u1", "cut-off"))
    assert sends(cut_off) == [("undo", (HOST,), 1)]
    failed = after(*changed, undo, events.Done(T, HOST, "u1", "undo-failed"))
    assert sends(failed) == []


def test_a_retry_remembers_what_had_failed_in_the_middle() -> None:
    failed = [
        *attempt(1, "failed", begun=True), events.Judged(T, 0, "fail", ""),
        events.Halted(T, "bad", ()), events.Ended(T, "halted", "bad"),
        events.Retried(T, "ada", "the disk was full", 0),
    ]  # fmt: skip
    assert after(*failed).hosts[HOST].half
    assert after(*failed, *attempt(2, "refused")).hosts[HOST].outcome == "failed"
    undone = [
        events.Sent(T, "u", "undo", "site-0", (HOST,), -1, 1), events.Done(T, HOST, "u", "undone")
    ]  # fmt: skip
    back = after(*failed[:-3], events.Halted(T, "bad", (HOST,)), *undone, *failed[-2:])
    assert (back.hosts[HOST].outcome, back.hosts[HOST].half) == ("", False)
