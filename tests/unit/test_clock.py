"""A board's clock against this computer's."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest

from jetfleet.converge.session import Session
from jetfleet.resources import Change, Image, Model, ModelFile, Resource, RunOptions, TimeOfDay
from jetfleet.survey.clock import RELEASED, Clock, clock_script, read_clock
from jetfleet.transport.frame import FRAME

NOW = 1796000000  # 2026-11-30


def read(said: int, asked: int = NOW, answered: int = NOW) -> Clock:
    return read_clock(f"clock {said} {asked}\n", answered)


@pytest.mark.parametrize(
    ("said", "asked", "answered", "ahead"),
    [
        (NOW, NOW, NOW, 0),
        (NOW + 30, NOW, NOW + 60, 0),  # a question may wait for a lock: the time is in between
        (NOW + 301, NOW, NOW + 300, 0),
        (NOW + 500, NOW, NOW + 99, 400),
        (NOW - 70, NOW, NOW + 3, -70),
        (NOW - 70, NOW, NOW - 500, -70),  # this computer's clock was set back meanwhile
    ],
)
def test_the_round_trip_is_no_error(said: int, asked: int, answered: int, ahead: int) -> None:
    assert read(said, asked, answered).ahead == ahead


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        (NOW - 59, ""),
        (NOW + 61, ""),  # the answer may be a second old
        (NOW - 61, "2026-11-30 00:52 UTC, 1 min 1 s behind this computer: set the clock that is"),
        (NOW + 90, "1 min 29 s ahead of this computer: set the clock that is wrong, on the board "),
        (0, "the board thinks it is 1970-01-01 00:00 UTC, "),
        (-3600, "the board thinks it is 1969-12-31 23:00 UTC, "),
        (10**12 - 1, "ahead of this computer"),
    ],
)
def test_more_than_a_minute_is_noted(said: int, wrong: str) -> None:
    found = read(said).wrong
    assert wrong in found
    assert bool(wrong) is bool(found)
    assert not found or "`timedatectl set-ntp true` or `date -s`" in found


def test_two_clocks_that_agree_on_1970_are_wrong() -> None:
    clock = read(100, 100, 100)
    assert clock.wrong.startswith("the board thinks it is 1970-01-01 00:01 UTC: set the clock")
    assert clock.refusal("a fetch")


def test_the_release_is_not_in_the_future() -> None:
    assert time.time() > RELEASED


@pytest.mark.parametrize("text", ["", "clock", "clock x y", "clock 1", f"clock {'9' * 50} 1"])
def test_a_board_that_does_not_say_is_not_refused(text: str) -> None:
    clock = read_clock(text)
    assert clock == Clock()
    assert clock.wrong == ""
    assert clock.refusal("a fetch") == ""


def test_more_than_five_minutes_refuse_what_needs_tls() -> None:
    assert read(NOW - 299).refusal("a fetch") == ""
    refusal = read(NOW - 301).refusal("a fetch")
    assert re.match("a fetch: the board thinks .* behind this computer: .*; TLS needs", refusal)


def test_what_is_asked_can_be_read() -> None:
    asked = clock_script().split()[-1].rstrip('"')
    assert abs(int(asked) - time.time()) < 5
    assert read_clock(f"clock {int(time.time())} {asked}").ahead == 0


def session(said: int, *resources: Resource[Any]) -> Session:
    """A session whose board says this time, and has nothing of these resources."""
    nothing = {"model": "free 1000000000 /mnt/nvme|/mnt/nvme/models\n"}

    def run_script(script: str, seconds: int) -> str:
        del seconds
        asked = re.search(r"date \+%s\) (\d+)", script)
        assert asked
        texts = {"clock": f"clock {said or asked[1]} {asked[1]}\n", **nothing}
        kinds = ["clock", "engine", *dict.fromkeys(one.kind for one in resources)]
        return "".join(
            f"{FRAME} begin {kind}\n{texts.get(kind, '')}\n{FRAME} end {kind} 0\n" for kind in kinds
        )

    return Session(resources, RunOptions(), run_script)


FILES = (ModelFile("w", 5, "0" * 64),)
HUB = Model("m", "1", "hf:a/b", "/mnt/nvme/models", FILES)
LOCAL = Model("n", "1", "file:/srv/m", "/mnt/nvme/models", FILES)
IMAGE = Image("nvcr.io/x/y", "1")


def test_a_plan_notes_it_and_refuses_what_needs_tls() -> None:
    found = session(3600, HUB, LOCAL, IMAGE)
    refused = {one.key: found.verdict(one.key).refused for one in (HUB, LOCAL, IMAGE)}
    assert refused[HUB.key].startswith(
        "Fetch model m: the board thinks it is 1970-01-01 01:00 UTC, "
    )
    assert refused[HUB.key].endswith("`clock: {set: true}` in the spec; TLS needs a right clock")
    assert refused[IMAGE.key].startswith("Pull nvcr.io/x/y:1: the board thinks it is 1970-01-01")
    assert refused[LOCAL.key] == ""
    assert found.verdict(LOCAL.key).changes
    assert [note[:43] for note in found.notes()] == ["the board thinks it is 1970-01-01 01:00 UTC"]


def test_a_right_clock_is_not_noted() -> None:
    found = session(0, HUB)
    assert found.verdict(HUB.key).changes
    assert found.verdict(HUB.key).refused == ""
    assert found.notes() == ()


def test_a_plan_that_sets_the_clock_refuses_nothing_for_it() -> None:
    found = session(3600, TimeOfDay(), HUB)
    (change,) = found.verdict("time:clock").changes
    assert change.have.endswith(" behind")
    assert found.verdict(HUB.key).changes
    assert found.verdict(HUB.key).refused == ""


def test_a_clock_that_is_right_is_not_set() -> None:
    found = session(0, TimeOfDay(), HUB)
    assert found.verdict("time:clock").changes == ()


def test_a_clock_that_is_wrong_on_both_sides_still_refuses() -> None:
    """The workstation's own clock is in 1970 too: to set the board's by it repairs nothing."""
    found = session(3600, TimeOfDay(), HUB)
    found.verdict(HUB.key)
    found.clock, found.options = Clock(3600, 0), RunOptions()
    assert found.verdict("time:clock").changes == ()
    assert "TLS needs a right clock" in found.verdict(HUB.key).refused


def test_what_is_there_needs_no_clock() -> None:
    assert not IMAGE.uses_tls([])
    assert not IMAGE.uses_tls([Change("tag", "another image", "y")])
    assert not HUB.uses_tls([Change("w.aria2", "was left by a fetch", "absent")])
    assert HUB.uses_tls([Change("w", "is missing", "x")])
