"""What a change of the power mode does to the clocks, as a plan tells it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jetfleet.resources import Clocks, PowerMode, RunOptions
from jetfleet.resources.clocks import ClockState
from jetfleet.resources.power import PowerState
from tests.support import rendered

HEAD = """version: 1
defaults:
  power: {clocks: locked}
hosts:
  nano:
    module: orin-nano-super
    jetpack: "6.2"
    address: 192.0.2.22
"""
PINNED = ClockState(enabled=True, active=True, stale=False, free=())
NANO = {0: "15W", 1: "25W", 2: "MAXN_SUPER", 3: "7W"}
BOOTS = tuple((name, "6" if name != "7W" else "4") for name in NANO.values())


@pytest.mark.parametrize(
    ("mode", "state", "frees"),
    [
        ("MAXN_SUPER", PowerState(NANO, 1, 1), True),
        ("MAXN_SUPER", PowerState(NANO, 2, 2), False),
        ("MAXN_SUPER", PowerState(NANO, 2, 1), False),  # only what is saved changes
        ("MAXN_SUPER", PowerState(NANO, 3, 3), False),  # a boot pins them again by the unit
        ("MAXN_SUPER", PowerState(NANO, 1, 2), False),
        ("MAXN", PowerState(NANO, 1, 1), False),  # refused
        ("25W", PowerState(NANO, None, None), True),
    ],
)
def test_a_mode_that_is_set_live_frees_the_clocks(
    mode: str, state: PowerState, *, frees: bool
) -> None:
    assert PowerMode(mode, BOOTS).hides(state) == (("clocks:*",) if frees else ())


def test_a_plan_says_that_they_are_locked_again() -> None:
    clocks = Clocks()
    (change,) = clocks.compare(clocks.hidden(PINNED), RunOptions())
    assert (change.attribute, change.have, change.want) == (
        "pinned", "until the power mode changes", "all",
    )  # fmt: skip
    assert change.sentence == "the change of the power mode frees the clocks"


def test_clocks_that_are_free_already_are_named_as_they_are() -> None:
    free = replace(PINNED, free=("cpu0",))
    assert Clocks().hidden(free) == free


@pytest.mark.parametrize(
    ("head", "power", "wants"),
    [
        (HEAD, "", "clocks:locked"),
        (HEAD, "    power: {clocks: free}\n", "clocks-free:all"),
        (
            HEAD.replace("clocks: locked", "mode: 25W"),
            "    power: {clocks: free}\n",
            "clocks-free:all",
        ),
        (HEAD.replace("clocks: locked", "mode: 25W"), "", ""),
    ],
)
def test_free_is_a_state_and_no_key_leaves_the_clocks_alone(
    tmp_path: Path, head: str, power: str, wants: str
) -> None:
    found = rendered.of(tmp_path, head + power, "nano")
    assert {key for key in found if key.startswith("clocks")} == ({wants} if wants else set())
    program = "file:/usr/local/lib/jetfleet/clocks"
    assert (program in found) == (wants == "clocks:locked"), "nothing is installed to free them"
