"""Kills of a fetch: what is killed, and the bytes that a fetch with kills costs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from contextlib import suppress

from tests.support.lab import until
from tests.support.model_lab import DIRECTORY, Shelf

HOST, MODEL = "orin", "peoplenet"
SIZE = 200 * 10**6
CONNECTIONS = 4
RATE = 25 * 10**6
"""Bytes a second in all: the fetch takes eight seconds."""
STORE = "files.ngc.nvidia.com"


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
