"""`jetfleet status` of a twin: it says what independent commands show, and costs one of them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jetfleet.report.html import html_of
from jetfleet.report.read import page_of
from tests.support.lab import Lab, until
from tests.support.pyinfra import BIN, ROOT
from tests.support.sshlog import commands_of, counting


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("status"), ["nano"])
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


def look(lab: Lab, *arguments: str) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        [str(BIN / "jetfleet"), "status", str(lab.spec), "--json", *arguments],
        cwd=ROOT,
        env={**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 2, 3}, done.stderr
    return done.returncode, json.loads(done.stdout)["hosts"][0]


def test_a_converged_board_is_in_sync(lab: Lab) -> None:
    status, nano = look(lab)
    assert (status, nano["state"], nano["differences"]) == (0, "in-sync", [])
    assert nano["unread"] == {}
    assert (
        nano["power_mode"] == lab.sh("nano", "nvpmodel -q | sed -n 's/^NV Power Mode: //p'").strip()
    )
    assert nano["l4t"] == "36.4.3"
    assert nano["clocks"]["locked"] is True
    free = int(lab.sh("nano", "df -B1 --output=avail /mnt/nvme | tail -n 1"))
    nvme = next(disk for disk in nano["disks"] if disk["path"] == "/mnt/nvme")
    assert nvme["mounted"]
    assert abs(nvme["free"] - free) < 2**20
    service = nano["services"][0]
    assert service["models"] == [lab.get("nano", "/v1/models")["data"][0]["id"]]
    assert (service["active"], service["restarts"]) == ("active", 0)
    assert service["uptime"] > 0


def test_it_costs_one_command_and_changes_nothing(lab: Lab) -> None:
    with counting(lab, ["nano"]):
        lab.sh("nano", "touch /run/before-status")
        assert commands_of(lab, ["nano"], lambda: look(lab)) == {"nano": 1}
        folders = "/etc /usr /var/lib/jetfleet /mnt/nvme/models"
        assert lab.sh("nano", f"find {folders} -newer /run/before-status") == ""


def test_heat_is_shown_as_the_board_shows_it(lab: Lab) -> None:
    zone = "/sys/class/thermal/thermal_zone1/temp"
    alert = "/sys/class/thermal/cooling_device2/cur_state"
    before = lab.sh("nano", f"cat {zone}").strip()
    lab.sh("nano", f"echo 99500 > {zone}; echo 1 > {alert}")
    try:
        status, nano = look(lab)
        assert status == 0, "heat is no drift"
        assert nano["temperatures"]["gpu-thermal"] == 99.5
        assert nano["throttling"] == ["gpu-throttle-alert"]
    finally:
        lab.sh("nano", f"echo {before} > {zone}; echo 0 > {alert}")


def test_memory_is_measured_on_the_board(lab: Lab) -> None:
    # Written in place: a file that is renamed over it would not be the one that is bound.
    few = "sed 's/^MemAvailable:.*/MemAvailable:   600000 kB/' /usr/lib/twin/meminfo"
    lab.sh("nano", f"{few} > /run/twin/meminfo")
    try:
        _, nano = look(lab)
        assert nano["memory"]["level"] == "danger"
    finally:
        lab.sh("nano", "cp /usr/lib/twin/meminfo /run/twin/meminfo")


def test_a_restart_is_counted_and_a_stop_is_named(lab: Lab) -> None:
    lab.sh("nano", "docker kill cosmos")
    is_active = "systemctl is-active -q jetfleet-cosmos"
    restarts = "systemctl show -P NRestarts jetfleet-cosmos"
    until(lambda: lab.sh("nano", restarts).strip() == "1", "systemd restarts it")
    until(lambda: lab.holds("nano", is_active), "the service is ready again")
    status, nano = look(lab)
    assert (status, nano["services"][0]["restarts"]) == (0, 1)
    lab.sh("nano", "systemctl stop jetfleet-cosmos; nvpmodel -m 0")
    try:
        status, nano = look(lab)
        assert (status, nano["state"]) == (2, "changes")
        said = {one["resource"]: one["sentence"] for one in nano["differences"]}
        assert said["service:cosmos"].endswith(", not ready")
        assert "power:mode" in said
        assert nano["services"][0]["models"] is None
    finally:
        lab.converge()


def test_an_apply_is_a_page(lab: Lab, tmp_path: Path) -> None:
    wrong = "sed -i 's/max-num-seqs: 1/max-num-seqs: 7/' /etc/jetfleet/cosmos/vllm.yaml"
    lab.sh("nano", f"{wrong}; systemctl stop jetfleet-cosmos")
    ran = lab.apply(environ={"JETFLEET_RUN": str(tmp_path)})
    assert ran.status == 0, ran.log
    page = page_of(tmp_path)
    (host,) = page.hosts
    assert (host.name, host.state, host.failures) == ("nano", "changed", ())
    outcomes = {row.key: row.cells[0].outcome for row in page.rows}
    assert outcomes["file:/etc/jetfleet/cosmos/vllm.yaml"] == "changed"
    assert outcomes["service:cosmos"] == "changed"
    assert outcomes["power:mode"] == "in-sync"
    serve = next(bar for bar in host.bars if bar.title == "Serve cosmos")
    assert 0 < serve.seconds <= page.seconds
    assert "Serve cosmos" in html_of(page)


def test_another_host_key_is_reported_with_what_to_do(lab: Lab) -> None:
    known = lab.fleet.hosts["nano"].known_hosts
    text = known.read_text()
    known.write_text("")
    try:
        status, nano = look(lab)
        assert (status, nano["state"]) == (3, "unreachable")
        assert "jetfleet trust" in nano["reason"]
    finally:
        known.write_text(text)
