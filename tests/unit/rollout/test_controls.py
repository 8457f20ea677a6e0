"""Controls: boards that are measured beside a wave, and are not changed by the rollout."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jetfleet.rollout import events
from jetfleet.rollout.controls import controls_of
from jetfleet.rollout.fold import fold
from jetfleet.rollout.rollout import Gate, Member, Rollout, Site, Wave
from jetfleet.rollout.state import State, begin

T = 1_000_000.0
RATE = Gate("tokens_per_second", {"service": "llm"}, measured=True)


def rollout(*gates: Gate) -> Rollout:
    """Boards of two classes at two sites: a canary of each class, then two waves of the rest."""
    classes = {"o1": "orin", "n1": "nano", "o2": "orin", "n2": "nano", "o3": "orin", "o4": "orin"}
    hosts = {name: Member(name, "here", of_class) for name, of_class in classes.items()}
    hosts["far"] = Member("far", "there", "orin")
    waves = (
        Wave("canary", ("o1", "n1"), gates or (RATE,), canary=True),
        Wave("early", ("o2", "n2"), gates or (RATE,)),
        Wave("rest", ("o3", "o4", "far"), gates or (RATE,)),
    )
    sites = {name: Site(name, 4) for name in ("here", "there")}
    return Rollout("r1", "p", "lab.yaml", "c", waves, hosts, sites)


def tried(of: Rollout, number: int, outcome: str) -> list[events.Event]:
    """A wave whose boards were sent, and ended so."""
    hosts, task = of.waves[number].hosts, f"t{number}"
    sent = events.Sent(T, task, "apply", "here", hosts, number, 1)
    return [sent, *(events.Done(T, host, task, outcome) for host in hosts)]


def after(of: Rollout, *happened: events.Event) -> State:
    return fold(of, [events.Opened(T, "ada"), *happened])


def test_they_are_of_class_and_site_and_of_the_last_waves() -> None:
    of = rollout()
    assert controls_of(begin(of), of, 0, ("o1", "n1")) == ("o4", "o3", "n2")


def test_they_go_with_the_first_board_of_their_class() -> None:
    """So that a wave of many tasks measures them once."""
    of = rollout()
    assert controls_of(begin(of), of, 0, ("n1",)) == ("n2",)
    assert controls_of(begin(of), of, 2, ("o4",)) == ()


@pytest.mark.parametrize(("settings", "count"), [({"control": 1}, 1), ({"control": 0}, 0)])
def test_the_file_says_how_many(settings: dict[str, int], count: int) -> None:
    of = rollout(replace(RATE, settings={**RATE.settings, **settings}))
    assert controls_of(begin(of), of, 0, ("o1",)) == ("o4", "o3")[:count]


def test_a_wave_that_measures_nothing_has_none() -> None:
    of = rollout(Gate("verified"))
    assert controls_of(begin(of), of, 0, ("o1", "n1")) == ()


def test_a_board_that_is_changed_or_may_be_is_not_chosen() -> None:
    of = rollout()
    passed = [*tried(of, 0, "changed"), events.Judged(T, 0, "pass", "")]
    early = after(of, *passed, *tried(of, 1, "changed"))
    assert controls_of(early, of, 1, ("o2", "n2")) == ("o4", "o3")
    sent = events.Sent(T, "t2", "apply", "here", ("o4",), 2, 1)
    assert controls_of(after(of, *passed, sent), of, 1, ("o2",)) == ("o3",), "it is in work"
    cut_off = events.Done(T, "o4", "t2", "unknown")
    half = after(of, *passed, sent, cut_off)
    assert half.hosts["o4"].half
    assert controls_of(half, of, 1, ("o2",)) == ("o3",), "its next attempt is to come"


def test_a_catch_up_and_a_repeated_wave_take_no_board_of_an_earlier_wave() -> None:
    of = rollout()
    happened: list[events.Event] = []
    for number, outcome in enumerate(("changed", "changed", "unreachable")):
        happened += [*tried(of, number, outcome), events.Judged(T, number, "pass", "")]
    late = after(
        of, *happened, events.Ended(T, "incomplete", ""), events.CatchUp(T, "", ("o3", "o4"))
    )
    assert late.waves[3].hosts == ("o3", "o4")
    assert controls_of(late, of, 3, ("o3", "o4")) == ()
    # What was changed and taken back was restarted: it is not as warm as one that was left alone.
    failed = after(
        of, *tried(of, 0, "failed"), events.Judged(T, 0, "fail", ""), events.Halted(T, "", ("o1",)),
        events.Ended(T, "halted", ""), events.Retried(T, "ada", "", 0),
    )  # fmt: skip
    assert controls_of(failed, of, 0, ("o1", "n1")) == ("o4", "o3", "n2")
