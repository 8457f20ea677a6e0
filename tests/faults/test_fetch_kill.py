"""A fetch that is cut off at any moment, by anything: it goes on from the bytes that it had."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator

import pytest

from tests.support.fetch_kills import (
    CONNECTIONS,
    HOST,
    KILLS,
    MODEL,
    RATE,
    SIZE,
    STORE,
    fetch_with,
    finished,
    kill_pyinfra,
    staged,
)
from tests.support.lab import CAMPAIGN, until
from tests.support.model_lab import DIRECTORY, FETCHING, PEOPLENET, Shelf

SECONDS_LOST = 2
"""What a kill may cost, in seconds of transfer."""
SEED = 20260301


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    models = {MODEL: {"source": f"ngc:{PEOPLENET}"}}
    shelf = Shelf.of(tmp_path_factory.mktemp("cut"), models, sizes={PEOPLENET: SIZE})
    try:
        shelf.fault(match=f"{STORE}*safetensors", rate=RATE // CONNECTIONS, times=None)
        yield shelf
    finally:
        shelf.down()


def points(name: str, count: int) -> list[float]:
    """Shares of the model at which something happens; the name decides."""
    chance = random.Random(f"{SEED} {name}")  # noqa: S311 - a moment that can be repeated
    return [chance.uniform(0.01, 0.95) for _ in range(count)]


def test_all_kinds_of_kills_in_one_fetch(
    shelf: Shelf, record_property: Callable[[str, object], None]
) -> None:
    kills = list(zip(points("all", len(KILLS)), KILLS, strict=True))
    began = time.monotonic()
    sent = fetch_with(shelf, kills)
    record_property("sent", f"{sent / SIZE:.3f} x the size after {len(kills)} kills")
    print(f"{sent / SIZE:.3f} x, {time.monotonic() - began:.1f} s, {kills}")
    assert 0.95 * SIZE < sent <= SIZE + len(kills) * SECONDS_LOST * RATE, kills


ALONE = [
    (name, point)
    for name in (KILLS if CAMPAIGN else ["power"])
    for point in points(name, 10 if CAMPAIGN else 1)
]


@pytest.mark.parametrize(("name", "point"), ALONE)
def test_a_kill_costs_two_seconds_at_most(shelf: Shelf, name: str, point: float) -> None:
    sent = fetch_with(shelf, [(point, name)])
    print(f"{name} at {point:.2f}: {sent / SIZE:.3f} x the size")
    assert 0.95 * SIZE < sent <= SIZE + SECONDS_LOST * RATE


def test_a_fetch_of_a_dead_run_is_waited_for(shelf: Shelf) -> None:
    shelf.sh(HOST, f"rm -rf {DIRECTORY}/* {DIRECTORY}/.fetching")
    shelf.forget()
    run = shelf.begin()
    try:
        until(lambda: staged(shelf) > SIZE / 10, "the fetch to begin")
    finally:
        kill_pyinfra(shelf, run)
    at_work = shelf.sh(HOST, "pidof aria2c")
    again = shelf.begin()
    try:
        until(lambda: staged(shelf) > SIZE / 2, "the fetch to go on")
        assert shelf.holds(HOST, FETCHING)
        assert shelf.sh(HOST, "pidof aria2c") == at_work
    finally:
        assert again.wait(60) == 0
    assert finished(shelf) < SIZE * 1.01
