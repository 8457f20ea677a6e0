"""What hangs, prints without end or says odd bytes on one board: it is named, and holds nobody."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.matrix.scene import events_in
from tests.support.lab import Lab, no_reboot, until
from tests.support.lab_cli import Answer, Jetfleet

BAD, GOOD = "orin", "nano"

LEFT = "ps -eo pid,args | grep -E 'sh -s|docker (info|image|container|inspect)' | grep -v grep"
"""What a script would leave behind on a board."""

DPKG = "/usr/bin/dpkg-query"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("hang"), [BAD, GOOD], no_reboot)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


@pytest.fixture
def jetfleet(lab: Lab, tmp_path: Path) -> Jetfleet:
    return Jetfleet(lab, tmp_path)


@contextmanager
def stopped(lab: Lab, name: str) -> Iterator[None]:
    """Stop all processes of a name on the bad board, as if they hung."""
    lab.sh(BAD, f"kill -STOP $(pidof {name})")
    try:
        yield
    finally:
        lab.sh(BAD, f"kill -CONT $(pidof {name})")


@contextmanager
def in_place_of(lab: Lab, path: str, text: str) -> Iterator[None]:
    """Put another program in a program's place on the bad board."""
    lab.sh(BAD, f"mv {path} {path}.real; printf '#!/bin/sh\\n{text}\\n' > {path}; chmod 755 {path}")
    try:
        yield
    finally:
        lab.sh(BAD, f"mv {path}.real {path}")


ALONE = 12
"""Seconds within which a board is planned that waits for no other one: 2 on an idle workstation."""


def planned(jetfleet: Jetfleet, at_most: float) -> Answer:
    """Plan; the good board is in sync in the time that it needs alone, and all ends in time."""
    began = time.time()
    answer = jetfleet("plan")
    assert time.time() - began < at_most, answer.out
    assert answer.plan[GOOD].state == "in-sync", answer.out
    compared = events_in(answer.run, GOOD, "compared")
    assert compared[-1]["at"] - began < ALONE, compared
    return answer


def gone(lab: Lab) -> bool:
    """Whether nothing of a script is left on the bad board."""
    return not lab.holds(BAD, LEFT)


def test_a_docker_daemon_that_hangs(lab: Lab, jetfleet: Jetfleet) -> None:
    with stopped(lab, "dockerd"):
        plan = planned(jetfleet, 75).plan[BAD]
        assert plan.state == "refused"
        assert "within 20 s: `docker" in plan.reason, plan.reason
        assert "look at `systemctl status docker`" in plan.reason
        assert "connection was lost" not in plan.reason
        until(lambda: gone(lab), "the end of what was asked", 10)
        begun = time.monotonic()
        status = jetfleet("status")
        assert time.monotonic() - begun < 100
        assert "look at `systemctl status docker`" in status.out
        assert gone(lab)
    assert planned(jetfleet, 30).plan[BAD].state == "in-sync"


def test_a_session_of_sshd_that_hangs(lab: Lab, jetfleet: Jetfleet) -> None:
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            lab.holds(BAD, "pkill -STOP -f '[s]shd.*@notty'")
            time.sleep(0.05)

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        with in_place_of(lab, DPKG, "sleep 3"):
            plan = planned(jetfleet, 150).plan[BAD]
    finally:
        stop.set()
        thread.join()
        lab.sh(BAD, "pkill -CONT -f '[s]shd.*@notty' || true")
    assert plan.state in {"refused", "unreachable"}
    said = ("sshd or the whole board hangs", "too slow for a login", "connection was lost")
    assert any(one in plan.reason for one in said), plan.reason
    # A survey ends on the board at its limit of 60 s at the latest.
    until(lambda: gone(lab), "the end of what was asked", 75)


def test_a_journal_that_hangs(lab: Lab, jetfleet: Jetfleet) -> None:
    with stopped(lab, "systemd-journald"):
        assert planned(jetfleet, 60).plan[BAD].state == "in-sync"
        assert gone(lab)


def test_a_program_that_hangs(lab: Lab, jetfleet: Jetfleet) -> None:
    with in_place_of(lab, DPKG, "exec sleep 600"):
        plan = planned(jetfleet, 75).plan[BAD]
    assert "s: `sleep 600` hangs: log in to the board" in plan.reason, plan.reason
    assert gone(lab)


@pytest.mark.parametrize("text", ["exec yes", 'head -c 64000000 /dev/zero | tr "\\\\\\\\0" x'])
def test_output_without_end(lab: Lab, jetfleet: Jetfleet, text: str) -> None:
    with in_place_of(lab, DPKG, text):
        plan = planned(jetfleet, 40).plan[BAD]
    assert "its section ended with 1" in plan.reason, plan.reason
    until(lambda: gone(lab), "the end of what was asked", 10)


def test_a_file_that_is_too_large(lab: Lab, jetfleet: Jetfleet) -> None:
    path = "/etc/docker/daemon.json"
    lab.sh(BAD, f"mv {path} {path}.kept; truncate -s 32M {path}")
    try:
        plan = planned(jetfleet, 20).plan[BAD]
    finally:
        lab.sh(BAD, f"mv {path}.kept {path}")
    assert f"{path} is larger than 1 MiB" in plan.reason, plan.reason


def test_bytes_that_are_not_utf_8(lab: Lab, jetfleet: Jetfleet) -> None:
    lab.sh(BAD, "cp -p /etc/fstab /etc/fstab.kept; printf '# f\\374r die NVMe\\n' >> /etc/fstab")
    try:
        assert planned(jetfleet, 30).plan[BAD].state == "in-sync"
    finally:
        lab.sh(BAD, "mv /etc/fstab.kept /etc/fstab")


def test_a_login_shell_that_speaks(lab: Lab, jetfleet: Jetfleet) -> None:
    home = "$(getent passwd nvidia | cut -d: -f6)"
    speak = "echo Welcome to the robot; echo Welcome >&2; printf 77"
    bashrc, kept = f"{home}/.bashrc", "/root/kept"
    lab.sh(BAD, f"cp -p {bashrc} {kept}; {{ echo '{speak}'; cat {kept}; }} > {bashrc}")
    remove = "docker image rm -f $(docker image ls -q) || true"
    try:
        lab.sh(BAD, f"systemctl stop jetfleet-cosmos; {remove}")
        answer = jetfleet("apply", "-y")
        assert answer.result[BAD].state == "changed", answer.out
        assert planned(jetfleet, 30).plan[BAD].state == "in-sync"
    finally:
        lab.sh(BAD, f"cp -p {kept} {bashrc}")


def test_a_user_of_the_board_cannot_hold_its_lock(lab: Lab, jetfleet: Jetfleet) -> None:
    assert lab.holds(BAD, "test -e /run/jetfleet/lock")
    hold = "su nvidia -s /bin/sh -c 'flock -x /run/jetfleet/lock sleep 60'"
    assert not lab.holds(BAD, hold)
    assert planned(jetfleet, 30).plan[BAD].state == "in-sync"


def test_a_run_that_waits_names_the_holder(lab: Lab, jetfleet: Jetfleet) -> None:
    since = '{"by": "bob@van", "since": "9:00"}'
    hold = f"cp /run/jetfleet/lock /run/kept; echo '{since}' > /run/jetfleet/lock; "
    lab.sh(BAD, f"{hold} setsid flock -x /run/jetfleet/lock sleep 90 >/dev/null 2>&1 &")
    try:
        plan = planned(jetfleet, 90).plan[BAD]
        assert "bob@van is at work on this board since 9:00: run again" in plan.reason, plan.reason
    finally:
        lab.sh(BAD, "pkill -f 'slee[p] 90'; cp /run/kept /run/jetfleet/lock")


def test_sudo_that_asks_for_a_password(lab: Lab, jetfleet: Jetfleet) -> None:
    lab.sh(BAD, "mkdir /root/sudoers; mv /etc/sudoers.d/* /root/sudoers/; usermod -aG sudo nvidia")
    try:
        plan = planned(jetfleet, 30).plan[BAD]
    finally:
        lab.sh(BAD, "mv /root/sudoers/* /etc/sudoers.d/; rmdir /root/sudoers")
    assert "/etc/sudoers" in plan.reason or "sudo allows this user nothing" in plan.reason
    assert "connection was lost" not in plan.reason


@pytest.mark.parametrize(
    ("line", "sentence"),
    [("MaxSessions 0", "`MaxSessions`"), ("ForceCommand /bin/false", "`ForceCommand`")],
)
def test_an_sshd_that_runs_nothing(lab: Lab, jetfleet: Jetfleet, line: str, sentence: str) -> None:
    conf = "/etc/ssh/sshd_config"
    restart = "systemctl restart ssh || systemctl restart sshd"
    lab.sh(BAD, f"cp -p {conf} /root/conf; (echo '{line}'; cat /root/conf) > {conf}; {restart}")
    try:
        plan = planned(jetfleet, 60).plan[BAD]
    finally:
        lab.sh(BAD, f"cp -p /root/conf {conf}; {restart}")
    assert sentence in plan.reason, plan.reason
    assert "connection was lost" not in plan.reason


def test_a_change_that_hangs_ends_with_its_run(lab: Lab, jetfleet: Jetfleet) -> None:
    """A stuck job of systemd: the board ends the script at its limit, and with its connection."""
    drop_in = "/run/systemd/system/docker.service.d"
    lab.sh(
        BAD,
        f"mkdir -p {drop_in}; printf '[Service]\\nTimeoutStartSec=infinity\\n"
        f"ExecStartPre=/bin/sleep 3456\\n' > {drop_in}/stuck.conf; systemctl daemon-reload",
    )
    lab.rewrite(
        lambda spec: spec["defaults"]["docker"].update(daemon={"max-concurrent-uploads": 3})
    )
    try:
        begun = time.monotonic()
        ran = lab.apply("--data", "timeout=45", deploy="deploys/base.py")
        assert time.monotonic() - begun < 150
        lines = [line for line in ran.log.splitlines() if f"[{BAD}]" in line]
        assert any("`systemctl restart docker.service` hangs: look at" in x for x in lines), (
            ran.log[-3000:]
        )
        # The board goes on by itself to put the old state back, which hangs as well.
        lab.sh(BAD, "systemctl stop jetfleet-switch.timer jetfleet-switch.service || true")
        until(lambda: gone(lab), "the end of the change", 10)
        # The same, with a run that is killed in the middle.
        run = lab.start("-y", "--limit", BAD)
        until(lambda: lab.holds(BAD, "pgrep -f 'systemctl restar[t] docker'"), "the restart")
        run.kill()
        until(lambda: gone(lab), "the end of the change", 10)
    finally:
        lab.sh(BAD, f"rm -rf {drop_in}; systemctl daemon-reload; pkill -f 'slee[p] 3456' || true")
        lab.rewrite(lambda spec: spec["defaults"]["docker"].pop("daemon"))
    assert lab.apply().status == 0
    assert planned(jetfleet, 30).plan[BAD].state == "in-sync"
