"""What the look at a pull means."""

from __future__ import annotations

import pytest

from jetfleet.steps.pull import Pull

UNIT = "jetfleet-pull-1"
FAILED = "ActiveState=failed\nResult=exit-code\nExecMainStatus=1\n-- log\n"
HINT = "check that Docker runs and that the board reaches the registry, and run again"


def failure(out: str) -> str:
    return Pull("x/y:1", UNIT).judge(out).failed


@pytest.mark.parametrize(
    "said",
    [
        "remove the containers that have it, and run again",
        "Docker cannot read what it pulled: look at `journalctl -u docker`, and run again",
        "/var/lib/jetfleet/pulls/x is a folder: move it away",
    ],
)
def test_a_program_that_says_what_to_do_is_not_added_to(said: str) -> None:
    assert failure(f"{FAILED}{said}\n") == f"could not pull x/y:1: {said}"


def test_any_other_failure_has_a_hint() -> None:
    assert failure(f"{FAILED}unexpected EOF\n") == f"could not pull x/y:1: unexpected EOF: {HINT}"


def test_a_pull_that_a_reboot_ended_is_named() -> None:
    # systemd forgets the unit.
    out = "ActiveState=inactive\nResult=success\n-- log\n"
    assert failure(out).endswith("by a reboot or a kill: run again")
