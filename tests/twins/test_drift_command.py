"""`jetfleet drift`: it names what differs and who made it so, and it touches nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.drift_table import OPTIONS, READY, SERVICE_UNIT
from tests.support.lab import Lab, until
from tests.support.lab_cli import Jetfleet, named
from tests.support.pyinfra import pyinfra
from tests.twins.touched_files import touched

HOST = "orin"


@pytest.fixture
def lab(board: Callable[[str], Lab]) -> Lab:
    return board(HOST)


@pytest.fixture
def jetfleet(lab: Lab, tmp_path: Path) -> Jetfleet:
    return Jetfleet(lab, tmp_path)


def by_login(lab: Lab) -> set[str]:
    """What logging in and running `true` by sudo touches: logs, sessions, sudo's own notes."""

    def log_in() -> None:
        assert pyinfra(lab.inventory, "exec", "-y", "--", "true").status == 0

    return touched(lab, HOST, log_in) | touched(lab, HOST, log_in)


def settle(lab: Lab) -> None:
    """Wait for systemd's progress service of file system checks, which ends 30 s after a mount."""
    fsckd = "systemctl is-active -q systemd-fsckd.service"
    until(lambda: not lab.holds(HOST, fsckd), "systemd-fsckd to end")


def test_it_touches_no_more_than_a_login_does(lab: Lab, jetfleet: Jetfleet) -> None:
    settle(lab)
    login = by_login(lab)
    assert touched(lab, HOST, lambda: jetfleet("drift", status=0)) - login == set()
    lab.sh(HOST, f"chmod 600 {READY}; systemctl stop jetfleet-cosmos; sed -i /nvme/d /etc/fstab")
    until(lambda: by_login(lab) <= login, "what the board does by itself after that")
    try:
        seen = touched(lab, HOST, lambda: jetfleet("drift", "--deep", status=2))
        assert seen - login == set()
    finally:
        # The trace itself can fail: it sees the repair of the board, and a change of a folder.
        repaired = touched(lab, HOST, lab.converge) - login
    assert {READY, "/etc/fstab", "/etc/jetfleet/cosmos", "/run/jetfleet/lock"} <= repaired


@pytest.mark.parametrize(
    ("by", "edit", "causes"),
    [
        (f"chmod 600 {OPTIONS}", {}, {f"file:{OPTIONS}": "board"}),
        (
            "true",
            {"seed": 7},
            {
                f"file:{OPTIONS}": "spec", f"file:{SERVICE_UNIT}": "spec",
                "service:cosmos": "spec", "applied:record": "spec",
            },
        ),
        (
            f"chmod 600 {OPTIONS}; echo '# by hand' >> {READY}",
            {"seed": 7},
            {
                f"file:{OPTIONS}": "both", f"file:{SERVICE_UNIT}": "spec", f"file:{READY}": "board",
                "service:cosmos": "spec", "applied:record": "spec",
            },
        ),
        (
            "rm /var/lib/jetfleet/applied.json",
            {"seed": 7},
            {
                f"file:{OPTIONS}": "first", f"file:{SERVICE_UNIT}": "first",
                "service:cosmos": "first", "applied:record": "first",
            },
        ),
    ],
    ids=["board", "spec", "both", "no-record"],
)  # fmt: skip
def test_it_tells_who(
    lab: Lab, jetfleet: Jetfleet, by: str, edit: dict[str, int], causes: dict[str, str]
) -> None:
    lab.sh(HOST, by)
    flags = {"services": {"cosmos": {"flags": edit}}}
    if edit:
        lab.rewrite(lambda spec: spec["hosts"][HOST].update(flags))
    try:
        answer = jetfleet("drift", status=2)
        assert {one.resource: one.cause for one in answer.plan[HOST].resources} == causes
        assert named(answer.plan[HOST]) == named(jetfleet("plan", status=2).plan[HOST])
        assert (answer.plan[HOST].applied is None) is ("first" in causes.values())
    finally:
        if edit:
            lab.rewrite(lambda spec: spec["hosts"][HOST].pop("services"))
        lab.converge()
    assert jetfleet("drift", status=0).plan[HOST].resources == ()
