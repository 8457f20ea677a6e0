"""A fetch that is cut off at any moment, by anything: it goes on from the bytes that it had."""

from __future__ import annotations

import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from tests.support.lab import CAMPAIGN, until
from tests.support.model_lab import DIRECTORY, FETCHING, PEOPLENET, Shelf

HOST, MODEL = "orin", "peoplenet"
SIZE = 200 * 10**6
CONNECTIONS = 4
RATE = 25 * 10**6
"""Bytes a second in all: the fetch takes eight seconds."""
SECONDS_LOST = 2
"""What a kill may cost, in seconds of transfer."""
SEED = 20260301
STORE = "files.ngc.nvidia.com"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shelf]:
    models = {MODEL: {"source": f"ngc:{PEOPLENET}"}}
    shelf = Shelf.of(tmp_path_factory.mktemp("cut"), models, sizes={PEOPLENET: SIZE})
    try:
        shelf.fault(match=f"{STORE}*safetensors", rate=RATE // CONNECTIONS, times=None)
        yield shelf
    finally:
        shelf.down()


class MissedError(Exception):
    """A fetch ended before its kill, as on a busy machine: nothing is known of the kill."""


def kill_aria2(shelf: Shelf, run: subprocess.Popen[str]) -> None:
    if not shelf.holds(HOST, "aria2=$(pidof aria2c) && kill -KILL $aria2"):
        raise MissedError(f"no aria2 at work; the run ended with {run.poll()}")


def kill_unit(shelf: Shelf, run: subprocess.Popen[str]) -> None:
    del run
    shelf.sh(HOST, "systemctl kill -s KILL 'jetfleet-fetch-*'")


def reboot(shelf: Shelf, run: subprocess.Popen[str]) -> None:
    del run
    shelf.fleet.reboot(HOST)


def cut_power(shelf: Shelf, run: subprocess.Popen[str]) -> None:
    del run
    shelf.fleet.power_cut(HOST)
    shelf.fleet.power_on(HOST)


def cut_network(shelf: Shelf, run: subprocess.Popen[str]) -> None:
    del run
    shelf.sh(
        HOST,
        "wire=$(ip -o -4 route show 10.0.0.0/8 | sed 's/.* dev \\([^ ]*\\).*/\\1/' | head -n 1); "
        "wire=${wire:-$(ls /sys/class/net | grep -v lo | head -n 1)}; "
        'ip link set "$wire" down; sleep 3; ip link set "$wire" up',
    )


def kill_pyinfra(shelf: Shelf, run: subprocess.Popen[str]) -> None:
    del shelf
    run.kill()
    run.wait()


KILLS = {
    "aria2": kill_aria2,
    "unit": kill_unit,
    "network": cut_network,
    "pyinfra": kill_pyinfra,
    "reboot": reboot,
    "power": cut_power,
}
Kill = Callable[[Shelf, "subprocess.Popen[str]"], None]


def staged(shelf: Shelf) -> int:
    """Bytes that an unfinished fetch has."""
    try:
        return int(
            shelf.sh(HOST, f"du -s -B1 {DIRECTORY}/.fetching 2>/dev/null || echo 0").split()[0]
        )
    except AssertionError:
        return 0


def reached(shelf: Shelf, size: float, run: subprocess.Popen[str]) -> bool:
    """Whether a fetch runs and has `size` bytes, or its run has ended."""
    at_work = staged(shelf) >= size and shelf.holds(HOST, "pidof aria2c")
    return at_work or run.poll() is not None


def fetch_with(shelf: Shelf, kills: list[tuple[float, str]]) -> int:
    """Fetch with kills at these shares of it; return the bytes sent. Fetch again if one missed."""
    for _ in range(2):
        with suppress(MissedError):
            return fetch_once(shelf, kills)
    return fetch_once(shelf, kills)


def fetch_once(shelf: Shelf, kills: list[tuple[float, str]]) -> int:
    """Fetch from nothing, with kills at these shares of it; return the bytes that were sent."""
    shelf.sh(HOST, "systemctl stop 'jetfleet-fetch-*'")
    shelf.sh(HOST, f"rm -rf {DIRECTORY}/* {DIRECTORY}/.fetching")
    shelf.forget()
    run = shelf.begin()
    try:
        for share, name in sorted(kills):
            if run.poll() is not None:
                run = shelf.begin()
            until(lambda at=share * SIZE, r=run: reached(shelf, at, r), f"{share:.0%} to be there")
            KILLS[name](shelf, run)
        run.wait(120)
    finally:
        if run.poll() is None:
            run.kill()
            run.wait()
    return finished(shelf)


def finished(shelf: Shelf) -> int:
    """Run again, as the next run does, and see what is there and what was sent."""
    shelf.fetched()
    assert shelf.left_behind() == ""
    assert shelf.is_whole(MODEL), shelf.sums(MODEL)
    return shelf.sent(f"{MODEL}/versions")


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
