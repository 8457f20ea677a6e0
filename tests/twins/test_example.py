"""The three boards of the example, from bare to an answer, and the behaviour of a pyinfra run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

import pytest

from tests.support import terminal
from tests.support.drift_table import OPTIONS, POWER, SERVE
from tests.support.lab import LLM, Lab, changed, until
from tests.support.pyinfra import BIN, ROOT
from tests.support.sshlog import commands_of, counting, cursor_of
from tests.support.twin_fingerprint import fingerprint

BOARDS = ("thor", "orin", "nano")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The example's three boards, converged from bare."""
    lab = Lab.up(tmp_path_factory.mktemp("example"), BOARDS)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


def boot_id(lab: Lab, host: str) -> str:
    return lab.sh(host, "cat /proc/sys/kernel/random/boot_id")


@pytest.mark.parametrize("host", BOARDS)
def test_a_chat_request_is_answered(lab: Lab, host: str) -> None:
    assert lab.get(host, "/v1/models")["data"][0]["id"] == "/models/cosmos-reason2-2b"
    assert lab.chat(host)


def test_a_second_apply_changes_nothing(lab: Lab) -> None:
    before = {host: fingerprint(lab, host) for host in BOARDS}
    ran = lab.converge()
    assert {host: changed(ran, host) for host in BOARDS} == {host: [] for host in BOARDS}
    assert lab.plan() == {}
    for host in BOARDS:
        after = fingerprint(lab, host)
        assert (after.state, after.identity) == (before[host].state, before[host].identity)


def since(lab: Lab, host: str, unit: str, what: str) -> int:
    """Microseconds of this boot at which a unit entered a state; 0 if it never did."""
    return int(lab.sh(host, f"systemctl show -P {what}TimestampMonotonic {unit}"))


def test_after_a_reboot_all_comes_back_in_order(lab: Lab) -> None:
    boots = {host: boot_id(lab, host) for host in BOARDS}
    for host in BOARDS:
        lab.sh(host, "systemctl --no-block reboot")
    for host in BOARDS:
        until(lambda host=host: _ready_again(lab, host, boots[host]), f"{host} to be ready", 120)
    for host in BOARDS:
        mounted = since(lab, host, "mnt-nvme.mount", "ActiveEnter")
        docker = (
            since(lab, host, "docker", "InactiveExit"),
            since(lab, host, "docker", "ActiveEnter"),
        )
        clocks = since(lab, host, "jetfleet-clocks", "ActiveEnter")
        begun = since(lab, host, "jetfleet-cosmos", "InactiveExit")
        ready = since(lab, host, "jetfleet-cosmos", "ActiveEnter")
        assert 0 < mounted <= docker[0] < docker[1] <= begun < ready, host
        assert 0 < since(lab, host, "nvpmodel", "ActiveEnter") <= clocks <= begun, host
        # The engine's data is on the NVMe, and none of it under the mount point.
        assert lab.sh(host, "findmnt -no SOURCE /mnt/nvme").strip().startswith("/dev/")
        assert lab.sh(host, "docker info -f '{{.DockerRootDir}}'").strip() == "/mnt/nvme/docker"
        assert lab.chat(host)
    assert lab.plan() == {}


def _ready_again(lab: Lab, host: str, before: str) -> bool:
    """Whether a board has booted again, and its service has become active by itself."""
    again = f"! grep -q {before.strip()} /proc/sys/kernel/random/boot_id"
    return lab.holds(host, f"{again} && systemctl is-active jetfleet-cosmos")


def test_a_run_that_changes_nothing_costs_one_command_per_host_and_phase(lab: Lab) -> None:
    with counting(lab, BOARDS):
        for run, count in ((lab.dry, 1), (lab.converge, 1), (lambda: _both_phases(lab), 2)):
            assert commands_of(lab, BOARDS, run) == dict.fromkeys(BOARDS, count)


def _both_phases(lab: Lab) -> None:
    """Run pyinfra as a person does: it plans, asks, and gets a yes."""
    command = [str(BIN / "pyinfra"), str(lab.inventory), LLM, "--data", "reboot=allow"]
    shown = terminal.run(command, ROOT, {"PATH": f"{BIN}:{os.environ['PATH']}"})
    assert shown.status == 0, shown.text
    assert "Press enter to execute" in shown.text


def test_diff_shows_what_changes_in_a_file(lab: Lab) -> None:
    lab.sh("nano", f"sed -i 's/max-num-seqs: 1/max-num-seqs: 7/' {OPTIONS}")
    try:
        log = re.sub(r"\x1b\[[0-9;]*m", "", lab.dry("--diff").log)
        lines = [line.split("] ", 1)[-1].strip() for line in log.splitlines()]
        assert any(re.search(r"-\s*max-num-seqs: 7", line) for line in lines), log
        assert any(re.search(r"\+\s*max-num-seqs: 1", line) for line in lines), log
        assert not any("max-model-len" in line and re.match(r"[+-]", line) for line in lines)
        quiet = lab.dry().log
        assert "max-num-seqs" not in quiet
    finally:
        lab.converge()


def test_limit_goes_to_that_host_alone(lab: Lab) -> None:
    try:
        for host in ("orin", "nano"):
            lab.sh(host, "systemctl disable jetfleet-cosmos")
        cursor = cursor_of(lab, "nano")
        ran = lab.converge("--limit", "orin")
        assert changed(ran, "orin") == [SERVE]
        assert "nano" not in str(ran.report["results"])
        assert not lab.sh("nano", f"journalctl -q -o cat -u ssh --after-cursor='{cursor}'")
        assert lab.plan() == {"nano": [SERVE]}
    finally:
        lab.converge()


def test_a_reboot_waits_for_permission(lab: Lab) -> None:
    """Orin's 30 W mode has another GPU mask than MAXN: between them lies a boot."""
    lab.rewrite(lambda spec: spec["hosts"]["orin"].update(power={"mode": "MODE_30W"}))
    try:
        before = boot_id(lab, "orin")
        said = "the power mode is MAXN; MODE_30W needs a reboot (allow it with --data reboot=allow)"
        assert said in lab.dry().log
        ran = lab.apply("--data", "reboot=never")
        assert ran.status == 0, ran.log
        assert "--data reboot=allow" in ran.log
        assert boot_id(lab, "orin") == before
        assert lab.sh("orin", "nvpmodel -q | tail -n 1").strip() == "0"
        waiting = lab.dry()
        assert "waits for a reboot" in waiting.log
        assert "--data reboot=allow" in waiting.log
        ran = lab.converge()
        assert POWER in changed(ran, "orin")
        assert boot_id(lab, "orin") != before
        assert lab.sh("orin", "nvpmodel -q | tail -n 1").strip() == "2"
        assert lab.plan() == {}
        assert lab.chat("orin")
    finally:
        lab.rewrite(lambda spec: spec["hosts"]["orin"].pop("power"))  # the last test of this lab
