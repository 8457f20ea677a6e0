"""Power modes and clocks on twins: modes of a vendor, changes of the mode, clocks given back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.drift_table import CLOCKS, POWER, RECORD
from tests.support.lab import Lab, Spec, changed, errors

FREE = "power | Free the clocks"
REMOVE = "Remove what runs and is no longer in the spec"
HOSTS = ("nano", "thor", "xavier")

PINS = """
for cpu in /sys/devices/system/cpu/cpu*; do
  [ "$(cat $cpu/cpufreq/scaling_min_freq)" = "$(cat $cpu/cpufreq/scaling_max_freq)" ] || exit 1
done
grep -qx 1 /sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked
"""
SETTINGS = """
cd /sys/devices/system/cpu
grep -H . cpu*/cpufreq/scaling_m*_freq cpu*/cpuidle/*/disable
cd /sys/class/devfreq
grep -H . *g[apv][u1]*/governor *g[apv][u1]*/m*_freq
cat /sys/kernel/debug/bpmp/debug/clk/emc/mrq_rate_locked
"""


def only_power(spec: Spec) -> None:
    """Leave the boards their power modes, and have a Xavier beside them."""
    spec["defaults"] = {"ssh": spec["defaults"]["ssh"]}
    spec.pop("groups")
    spec.pop("models")
    spec["boards"]["orin-nano-super"]["power"] = {"mode": "25W"}
    spec["boards"]["agx-thor"]["power"] = {"mode": "120W"}
    for host in spec["hosts"].values():
        for key in ("groups", "services", "docker", "models", "storage"):
            host.pop(key, None)
    spec["hosts"]["xavier"] = {
        "module": "xavier-nx-16gb", "jetpack": "5.1.2", "address": "192.0.2.77",
        "power": {"mode": "MODE_20W_6CORE"},
    }  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab.up(tmp_path_factory.mktemp("power"), ["nano", "thor"], only_power)
    try:
        lab.converge()
        yield lab
    finally:
        lab.down()


def power(lab: Lab, *hosts: str, **keys: Any) -> None:
    """Write the power of hosts."""

    def edit(spec: Spec) -> None:
        for name in hosts:
            spec["hosts"][name]["power"] = dict(keys)

    lab.rewrite(edit)


def planned(lab: Lab) -> dict[str, set[str]]:
    """Return the rows of a plan by host, without that of the record."""
    return {
        host: {row for row in rows if row != RECORD and not row.endswith(REMOVE)}
        for host, rows in lab.plan().items()
    }


@pytest.mark.timeout(600)
def test_clocks_are_locked_freed_and_left_alone(lab: Lab) -> None:
    assert lab.sh("thor", "nvpmodel -q") == "NV Power Mode: 120W\n1\n"
    free = {host: lab.sh(host, SETTINGS) for host in HOSTS}
    for host in HOSTS:
        lab.sh(host, "jetson_clocks")
    assert lab.plan() == {}, "without the key they stay as they are"
    power(lab, *HOSTS, clocks="free")
    assert planned(lab) == {host: {FREE} for host in HOSTS}
    lab.converge()
    assert {host: lab.sh(host, SETTINGS) for host in HOSTS} == free
    assert lab.plan() == {}
    power(lab, *HOSTS, clocks="locked")
    lab.converge()
    assert all(lab.holds(host, PINS) for host in HOSTS)
    power(lab, *HOSTS, clocks="free")
    assert planned(lab) == {host: {FREE} for host in HOSTS}
    lab.converge()
    assert {host: lab.sh(host, SETTINGS) for host in HOSTS} == free
    assert lab.plan() == {}
    assert not any(lab.holds(host, "systemctl cat jetfleet-clocks") for host in HOSTS)
    power(lab, *HOSTS)
    assert planned(lab) == {host: set() for host in HOSTS}, "nothing is removed, and nothing pinned"
    lab.converge()


@pytest.mark.timeout(600)
def test_a_new_power_mode_and_locked_clocks_are_one_apply(lab: Lab) -> None:
    power(lab, "nano", clocks="locked", mode="25W")
    lab.converge()
    nano = lab.sh("nano", SETTINGS)
    power(lab, "nano", clocks="locked", mode="MAXN_SUPER")
    assert planned(lab) == {"nano": {POWER, CLOCKS}}
    assert set(changed(lab.converge(), "nano")) >= {POWER, CLOCKS}
    assert lab.plan() == {}
    assert lab.holds("nano", PINS)
    assert lab.sh("nano", SETTINGS) != nano, "the mode has other clocks"
    lab.sh("nano", "nvpmodel -m 1; nvpmodel -m 2")
    assert lab.plan() == {"nano": [CLOCKS]}, "the same mode, set by hand, frees them"
    lab.converge()
    assert lab.holds("nano", PINS)
    power(lab, "nano", clocks="free")
    lab.converge()


@pytest.mark.timeout(600)
def test_a_vendors_mode_is_read_from_the_board(lab: Lab) -> None:
    """It has an id after a gap; one that is commented out does not exist."""
    lab.sh(
        "nano",
        "cd /etc/nvpmodel; sed -i '/PM_CONFIG/d' *.conf\n"
        "cat >> $(ls *.conf) <<'END'\n"
        "# < POWER_MODEL ID=7 NAME=SLEEPNET >\n"
        "< POWER_MODEL ID=11 NAME=SLEEPNET >\n"
        "CPU_0 MAX_FREQ 115200\n"
        "< PM_CONFIG DEFAULT=1 >\n"
        "END",
    )
    power(lab, "nano", mode="SLEEPNET")
    assert planned(lab) == {"nano": {POWER}}
    lab.converge()
    assert lab.sh("nano", "nvpmodel -q") == "NV Power Mode: SLEEPNET\n11\n"
    assert lab.plan() == {}


@pytest.mark.timeout(600)
def test_a_board_without_its_super_modes_says_what_it_has_and_needs(lab: Lab) -> None:
    lab.sh("nano", "sed -i s/MAXN_SUPER/MAXN/ /etc/nvpmodel/*.conf")
    power(lab, "nano", mode="MAXN_SUPER")
    said = " ".join(errors(lab.dry(), "nano"))
    assert "this board has no power mode MAXN_SUPER, it has 15W, 25W, MAXN, SLEEPNET" in said
    assert "write `power: {mode: MAXN}`" in said
    assert "device tree nvidia,p3768-0000+p3767-0005-super and TNSPEC 3767-300-0005" in said
    assert "reinstall the package nvidia-l4t-nvpmodel" in said
