"""Twins of the three boards of the lab: what each shows, what a reboot keeps, what `down` leaves.

Looked at by plain commands in the twin; no fact or operation of the product is used.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator

import pytest

from jetfleet.errors import FleetError
from tests.twins.twin_traces import AGX, BOARDS, FORMAT, NANO, THOR, Traces, output, sh
from twins.board import TwinBoard
from twins.fleet import Fleet
from twins.lifecycle import wait_until

CPUS = "/sys/devices/system/cpu"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    state = tmp_path_factory.mktemp("twins") / "state"
    fleet = Fleet.up(list(BOARDS.values()), state=state, owner_pid=os.getpid())
    yield fleet
    traces = Traces(fleet)
    fleet.down()
    traces.check_gone()
    assert not state.exists()


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
def test_shows_its_board(fleet: Fleet, board: TwinBoard) -> None:
    major, revision = board.l4t.split(".", 1)
    tree = "/sys/firmware/devicetree/base"
    assert sh(fleet, board, "head -1 /etc/nv_tegra_release").startswith(
        f"# R{major} (release), REVISION: {revision}, "
    )
    assert sh(fleet, board, f"tr -d '\\0' <{tree}/model") == board.dt_model
    compatible = sh(fleet, board, f"tr '\\0' '\\n' <{tree}/compatible").split()
    assert tuple(compatible) == board.dt_compatible
    memory = sh(fleet, board, "awk '/^MemTotal/ { print $2 }' /proc/meminfo")
    assert int(memory) == board.memtotal_kib
    assert sh(fleet, board, f"cat {CPUS}/online") == f"0-{board.cpus - 1}"
    version = sh(fleet, board, "dpkg-query -W -f '${Version}' nvidia-l4t-core")
    assert version.startswith(f"{board.l4t}-")
    assert sh(fleet, board, "nvidia-smi --query-gpu=name --format=csv,noheader") == board.gpu_name
    assert sh(fleet, board, "readlink /etc/nvpmodel.conf").endswith(f"_{board.nvpmodel}.conf")
    default = next(mode for mode in board.modes if mode.id == board.default_mode)
    assert sh(fleet, board, "nvpmodel -q").split("\n") == [
        f"NV Power Mode: {default.name}",
        str(default.id),
    ]


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
def test_is_a_healthy_linux(fleet: Fleet, board: TwinBoard) -> None:
    script = "timeout 30 systemctl is-system-running --wait; systemctl --failed --plain -q"
    assert sh(fleet, board, script) == "running"
    assert sh(fleet, board, "docker info -f '{{.Driver}}'") == "overlay2"
    assert "nvidia" in sh(fleet, board, "docker info -f '{{json .Runtimes}}'")
    assert sh(fleet, board, "journalctl -u ssh -n 1 -o cat")
    assert sh(fleet, board, "apt-get install -y aria2 >/dev/null 2>&1; aria2c --version | head -1")


def test_clocks_are_pinned_to_the_mode_and_freed_by_a_new_mode(fleet: Fleet) -> None:
    cpu = f"{CPUS}/cpu0/cpufreq/scaling"
    pinned = f'test "$(cat {cpu}_min_freq)" = "$(cat {cpu}_max_freq)"'
    sh(fleet, NANO, pinned, status=1)
    sh(fleet, NANO, f"jetson_clocks && {pinned}")
    sh(fleet, NANO, "nvpmodel -m 2 && nvpmodel -q | grep -x 2")
    sh(fleet, NANO, pinned, status=1)
    sh(fleet, NANO, "mkdir -p /etc/twin && echo 1 >/etc/twin/clocks-flaky && jetson_clocks")
    sh(fleet, NANO, pinned, status=1)
    sh(fleet, NANO, f"jetson_clocks && {pinned}")
    gpu = sh(fleet, THOR, "jetson_clocks >/dev/null; cat /sys/class/devfreq/gpu-gpc-0/governor")
    assert gpu == "performance"


def test_a_mode_that_needs_a_reboot_is_lost_without_one(fleet: Fleet) -> None:
    asked = sh(fleet, AGX, "nvpmodel -m 0 </dev/null", status=234)
    assert "Reboot required for changing to this power mode: 0" in asked
    assert "bad input" in asked
    assert sh(fleet, AGX, "cat /var/lib/nvpmodel/status") == "pmode:0002 fmode:fanNull"
    assert "request for bad power mode 9" in sh(fleet, AGX, "nvpmodel -m 9", status=255)


def test_dropping_caches_leaves_the_workstations_alone(fleet: Fleet) -> None:
    assert sh(fleet, NANO, "sysctl -q -w vm.drop_caches=3; cat /proc/sys/vm/drop_caches") == "3"


@pytest.mark.parametrize("board", [AGX, THOR], ids=lambda board: board.name)
def test_disk_and_mode_outlive_a_reboot_and_clocks_do_not(fleet: Fleet, board: TwinBoard) -> None:
    script = f"{FORMAT}\necho kept >/mnt/nvme/file; jetson_clocks >/dev/null"
    sh(fleet, board, script + "; echo pmode:0000 >/var/lib/nvpmodel/status")
    before = sh(fleet, board, "cat /proc/sys/kernel/random/boot_id")
    fleet.reboot(board.name)
    sh(fleet, board, "timeout 30 systemctl is-system-running --wait")
    assert sh(fleet, board, "cat /proc/sys/kernel/random/boot_id") != before
    assert sh(fleet, board, "findmnt -n -o SOURCE /mnt/nvme") == "/dev/nvme0n1p1"
    assert sh(fleet, board, "cat /mnt/nvme/file") == "kept"
    assert sh(fleet, board, "nvpmodel -q | tail -1") == "0"
    cpu = f"{CPUS}/cpu0/cpufreq/scaling"
    sh(fleet, board, f'test "$(cat {cpu}_min_freq)" != "$(cat {cpu}_max_freq)"')


def test_confirming_the_prompt_reboots_into_the_mode(fleet: Fleet) -> None:
    before = sh(fleet, AGX, "cat /proc/sys/kernel/random/boot_id")
    fleet.exec(AGX.name, ["nvpmodel", "-m", "2"], input="yes\n")

    def rebooted() -> bool:
        try:
            now = fleet.exec(AGX.name, ["cat", "/proc/sys/kernel/random/boot_id"]).stdout.strip()
        except FleetError:  # it is off for a moment
            return False
        return bool(now) and now != before

    wait_until(rebooted, "the reboot")
    fleet.wait_ssh(AGX.name)
    sh(fleet, AGX, "timeout 30 systemctl is-system-running --wait")
    assert sh(fleet, AGX, "nvpmodel -q | tail -1") == "2"


def test_power_cut_and_back(fleet: Fleet) -> None:
    sh(fleet, NANO, "echo kept >/root/file; sync")
    fleet.power_cut(NANO.name)
    assert fleet.hosts[NANO.name].pid is None
    fleet.power_on(NANO.name)
    assert sh(fleet, NANO, "cat /root/file") == "kept"


def test_a_wire_that_an_earlier_boot_left_is_in_nobodys_way(fleet: Fleet) -> None:
    fleet.power_cut(NANO.name)
    wire = f"vb-{fleet.network.machine(fleet.hosts[NANO.name].address)}"
    held = f"left-{os.getpid()}"  # a namespace that keeps it, as a dying one does
    subprocess.run(["ip", "netns", "add", held], check=True)
    try:
        # The real one may still be there: that is what this is about.
        subprocess.run(["ip", "link", "delete", wire], capture_output=True, check=False)
        make = ["ip", "link", "add", wire, "type", "veth", "peer", "name", "x0", "netns", held]
        subprocess.run(make, check=True)
        fleet.power_on(NANO.name)
        assert sh(fleet, NANO, "hostname") == NANO.name
    finally:
        subprocess.run(["ip", "netns", "delete", held], check=True)


def test_a_container_has_a_gpu_only_with_the_nvidia_runtime(fleet: Fleet) -> None:
    config = {"ociVersion": "1.0.0", "root": {"path": "rootfs"}, "process": {}, "mounts": []}
    folder = "/tmp/bundle"
    sh(fleet, NANO, f"mkdir -p {folder}; echo '{json.dumps(config)}' >{folder}/config.json")
    # runc itself refuses this bundle; what counts is what it was given.
    sh(fleet, NANO, f"nvidia-container-runtime create --bundle {folder} x", status=1)
    mounts = json.loads(sh(fleet, NANO, f"cat {folder}/config.json"))["mounts"]
    assert {mount["destination"] for mount in mounts} == {
        "/proc/meminfo",
        "/run/nvidia/twin-gpu.json",
        "/run/nvidia/twin-claims",
        "/etc/ssl/certs/ca-certificates.crt",
    }
    gpu = json.loads(sh(fleet, NANO, "cat /run/nvidia/twin-gpu.json"))
    assert gpu == {"soc": "orin", "sm": 87, "memtotal_kib": NANO.memtotal_kib, "l4t": NANO.l4t}


def test_log_in_is_by_key_and_pinned_host_key(fleet: Fleet) -> None:
    twin = fleet.hosts[THOR.name]
    options = [f"UserKnownHostsFile={twin.known_hosts}", "StrictHostKeyChecking=yes"]
    words = [word for option in (*options, "BatchMode=yes") for word in ("-o", option)]
    argv = ["ssh", "-F", "none", *words, "-i", str(twin.key), f"{twin.user}@{twin.address}"]
    assert output(*argv, "sudo", "id", "-u").strip() == "0"
    assert "vda" not in output(*argv, "ls", "/sys/block")


def test_the_console_and_journal_can_be_read(fleet: Fleet) -> None:
    assert re.search(r"Reached target .*multi-user", fleet.logs(THOR.name))
