"""Windows of time, also in the nights in which clocks are put forward or back."""

from __future__ import annotations

import random
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from jetfleet.rollout.rollout import Window
from jetfleet.rollout.windows import next_opening, open_at, open_seconds

DAYS = tuple(range(7))
NIGHT = Window("Europe/Berlin", (0, 1, 2, 3, 4), 22 * 60, 5 * 60)


def utc(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp()


def berlin(hour: int, to: int, minute: int = 0, to_minute: int = 0) -> Window:
    return Window("Europe/Berlin", DAYS, hour * 60 + minute, to * 60 + to_minute)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-01-05 20:59", False),  # Monday, 21:59 in Berlin
        ("2026-01-05 21:00", True),
        ("2026-01-06 03:59", True),
        ("2026-01-06 04:00", False),
        ("2026-01-10 03:00", True),  # Saturday morning: the window of Friday
        ("2026-01-10 21:30", False),  # Saturday night
        ("2026-07-06 20:00", True),  # in summer 22:00 is an hour earlier
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_it_opens(at: str, *, is_open: bool) -> None:
    assert open_at([NIGHT], utc(at)) is is_open


def test_without_windows_it_is_always_open() -> None:
    assert open_at((), 0)
    assert next_opening((), 0) is None
    assert open_seconds((), 10, 25) == 15


def test_the_next_opening_skips_the_weekend() -> None:
    assert next_opening([NIGHT], utc("2026-01-10 12:00")) == utc("2026-01-12 21:00")


@pytest.mark.parametrize(
    ("window", "night", "hours"),
    [
        (berlin(1, 4), "2026-03-29", 2),  # 02:00 to 03:00 does not exist
        (berlin(2, 3), "2026-03-29", 0),
        (berlin(2, 4, minute=30), "2026-03-29", 1),  # opens at the moment of the skip
        (berlin(1, 2, to_minute=30), "2026-03-29", 1),
        (berlin(1, 4), "2026-10-25", 4),  # 02:00 to 03:00 exists twice
        (berlin(2, 3), "2026-10-25", 2),
        (berlin(0, 24), "2026-10-25", 25),
        (berlin(0, 24), "2026-03-29", 23),
    ],
)
def test_a_night_in_which_the_clock_changes(window: Window, night: str, hours: float) -> None:
    day = datetime.fromisoformat(night).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    end = day.replace(hour=23, minute=59).timestamp() + 60
    assert open_seconds([window], day.timestamp(), end) == hours * 3600


def test_windows_that_overlap_count_once() -> None:
    both = [berlin(1, 4), berlin(2, 5)]
    begin = utc("2026-01-05 23:00")
    assert open_seconds(both, begin, begin + 6 * 3600) == 4 * 3600


def test_open_seconds_are_those_in_which_it_is_open() -> None:
    chance = random.Random(7)  # noqa: S311 - a test that can be repeated
    zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC", "Asia/Kolkata"]
    for _ in range(40):
        opens, closes = chance.sample(range(0, 1440, 15), 2)
        days = tuple(sorted(chance.sample(range(7), chance.randint(1, 7))))
        window = Window(chance.choice(zones), days, opens, closes)
        begin = utc("2026-03-20 00:00") + 900 * chance.randrange(250 * 96)
        steps = chance.randrange(1, 400)
        counted = sum(900 * open_at([window], begin + 900 * n) for n in range(steps))
        assert open_seconds([window], begin, begin + 900 * steps) == counted, (window, begin, steps)
