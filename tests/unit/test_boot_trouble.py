"""Whether a board shuts down or has just started, beside a failure."""

from __future__ import annotations

import pytest

from jetfleet.converge.boot_trouble import ask_boot

GONE = "Fetch model a: stat: cannot statx '/mnt/nvme/models/a': No such file or directory"


def trouble(said: str, printed: str) -> str:
    question = ask_boot(said)
    return question.read(printed) if question else ""


@pytest.mark.parametrize(
    "said",
    [
        GONE,
        "Start a: Transaction is destructive.",
        "Start a: Failed to connect to bus: Connection refused",
    ],
)
def test_a_board_that_goes_down_is_named(said: str) -> None:
    going = "state=stopping\nuptime=7200.25\n"
    assert trouble(said, going) == "the board shuts down or reboots: run again when it is up"


def test_a_board_that_has_just_started_is_named() -> None:
    assert trouble(GONE, "state=running\nuptime=41.25\n") == "the board started 41 s ago: run again"
    assert trouble(GONE, "state=running\nuptime=120.00\n") == ""


@pytest.mark.parametrize("printed", ["", "state=running\n", "uptime=\n", "uptime=1e1\nstate=x\n"])
def test_an_answer_that_says_nothing_is_no_reason(printed: str) -> None:
    assert trouble(GONE, printed) == ""


def test_nothing_is_asked_for_other_failures() -> None:
    assert ask_boot("could not fetch model x: checksum error") is None
