"""Twins of the three boards of the lab: what each shows, what a reboot keeps, what `down` leaves.

Looked at by plain commands in the twin; no fact or operation of the product is used.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from jetfleet import ssh
from jetfleet.errors import FleetError
from jetfleet.hostkeys.check import HostKeyRefused
from jetfleet.spec.load import load
from jetfleet.workstation.overlay import overlay_path
from jetfleet.workstation.workstation import workstation_of
from tests.support.lab import write_spec
from tests.support.ssh_server import Key
from twins import cgroup, loop, rundir
from twins.board import TwinBoard, board_of
from twins.fleet import Fleet
from twins.lifecycle import end, wait_until

LAB = load(Path(__file__).parents[2] / "inventory/lab.yaml")
BOARDS = {host.name: board_of(host) for host in LAB.hosts}
THOR = next(board for board in BOARDS.values() if board.soc == "thor")
AGX = next(board for board in BOARDS.values() if "AGX Orin" in board.dt_model)
NANO = next(board for board in BOARDS.values() if "Nano" in board.dt_model)

CPUS = "/sys/devices/system/cpu"
FORMAT = """
set -e
echo 'label: gpt
,,L' | sfdisk --quiet /dev/nvme0n1
udevadm settle
mkfs.ext4 -q /dev/nvme0n1p1
uuid=$(blkid -s UUID -o value /dev/nvme0n1p1)
mkdir -p /mnt/nvme
mount "UUID=$uuid" /mnt/nvme
umount /mnt/nvme
echo "UUID=$uuid /mnt/nvme ext4 nofail 0 2" >>/etc/fstab
systemctl daemon-reload
systemctl start mnt-nvme.mount
"""


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    state = tmp_path_factory.mktemp("twins") / "state"
    fleet = Fleet.up(list(BOARDS.values()), state=state, owner_pid=os.getpid())
    yield fleet
    traces = Traces(fleet)
    fleet.down()
    traces.check_gone()
    assert not state.exists()


class Traces:
    """What a fleet has in the kernel while it is up, to be looked for when it is down."""

    def __init__(self, fleet: Fleet) -> None:
        self.state = Path(fleet.plan.state)
        self.bridge = fleet.network.bridge
        self.group = cgroup.fleet_group(self.bridge)
        self.processes = set(cgroup.processes(self.group))
        supervisor = rundir.supervisor(fleet.plan.number)
        if supervisor is not None:
            self.processes.add(supervisor)
        assert self.processes
        assert loop.attached(self.state)

    def check_gone(self) -> None:
        assert self.bridge not in output("ip", "link")
        assert str(self.state) not in Path("/proc/self/mountinfo").read_text()
        assert not loop.attached(self.state)
        assert not self.group.exists()
        assert not rundir.folder(int(self.bridge.removeprefix("jf"))).exists()
        assert not [pid for pid in self.processes if Path(f"/proc/{pid}").exists()]


def output(*argv: str) -> str:
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout


def sh(fleet: Fleet, board: TwinBoard, script: str, status: int = 0) -> str:
    result = fleet.exec(board.name, ["timeout", "60", "sh", "-c", script])
    assert result.returncode == status, result.stdout + result.stderr
    return result.stdout.strip()


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


def test_nothing_survives_a_killed_supervisor(tmp_path: Path) -> None:
    state = tmp_path / "state"
    fleet = Fleet.up([NANO], state=state)
    traces = Traces(fleet)
    supervisor = rundir.supervisor(fleet.plan.number)
    assert supervisor is not None
    os.kill(supervisor, signal.SIGKILL)
    wait_until(lambda: not loop.attached(state), "the loop device to vanish")
    wait_until(lambda: not cgroup.processes(traces.group), "every process to end")
    assert end(state)
    traces.check_gone()


def test_a_fleet_ends_with_its_owner_and_kept_disks_come_back(tmp_path: Path) -> None:
    owner = subprocess.Popen(["sleep", "600"])
    state = tmp_path / "state"
    fleet = Fleet.up([NANO], state=state, owner_pid=owner.pid)
    traces = Traces(fleet)
    sh(fleet, NANO, f"{FORMAT}\necho kept >/mnt/nvme/file; sync")
    key = fleet.hosts[NANO.name].known_hosts.read_text()
    owner.kill()
    owner.wait()
    wait_until(lambda: rundir.supervisor(fleet.plan.number) is None, "the fleet to end")
    assert end(state, keep=True)
    traces.check_gone()
    again = Fleet.up([NANO], state=state, owner_pid=os.getpid())
    sh(again, NANO, "timeout 30 systemctl is-system-running --wait")
    assert sh(again, NANO, "cat /mnt/nvme/file") == "kept"
    assert again.hosts[NANO.name].known_hosts.read_text().split()[-1] == key.split()[-1]
    again.down()


def test_a_certificate_of_a_real_sshd_is_trusted(tmp_path: Path) -> None:
    fleet = Fleet.up([NANO], state=tmp_path / "state", owner_pid=os.getpid())
    try:
        authority, known = Key.made(tmp_path / "ca"), tmp_path / "known_hosts"
        board = Key(tmp_path / "board")
        place = "/etc/ssh/ssh_host_ed25519_key"
        board.path.with_suffix(".pub").write_text(sh(fleet, NANO, f"cat {place}.pub"))
        for address, trusted in ((fleet.ip(NANO.name), True), ("192.0.2.1", False)):
            signed = board.signed(authority, "-h", "-n", address, "-V", "-1d:+1w").read_text()
            sh(
                fleet, NANO,
                f"echo '{signed.strip()}' >{place}-cert.pub\n"
                f"echo HostCertificate {place}-cert.pub >/etc/ssh/sshd_config.d/certificate.conf\n"
                "systemctl restart ssh",
            )  # fmt: skip
            known.write_text(f"@cert-authority 10.* {authority.public}\n")
            twin = fleet.hosts[NANO.name]
            connection = ssh.connection(twin.user, twin.address, 22, twin.key, known)
            with nullcontext() if trusted else pytest.raises(HostKeyRefused), connection as client:
                assert client.exec_command("echo hello")[1].read() == b"hello\n"
    finally:
        fleet.down()


def test_an_overlay_counts_while_its_supervisor_lives(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SUDO_UID", "65534")
    monkeypatch.setenv("SUDO_GID", "65534")
    spec = write_spec(tmp_path, ["nano"])
    fleet = Fleet.up(spec, owner_pid=os.getpid())
    try:
        side = workstation_of(spec)
        assert side.twins
        assert side.hosts["nano"].address == fleet.ip("nano")
        confirming = (rundir.folder(fleet.plan.number) / "confirm").stat()
        assert (confirming.st_uid, confirming.st_mode & 0o777) == (65534, 0o600)
        overlay = overlay_path(spec)
        written = overlay.read_text()
        overlay.write_text(written.replace(fleet.ip("nano"), "192.0.2.1"))
        with pytest.raises(FleetError, match="was changed after their supervisor had written it"):
            workstation_of(spec)
        overlay.write_text(written)
        assert workstation_of(spec).twins
        supervisor = rundir.supervisor(fleet.plan.number)
        assert supervisor is not None
        os.kill(supervisor, signal.SIGKILL)
        wait_until(lambda: rundir.supervisor(fleet.plan.number) is None, "the supervisor to end")
        with pytest.raises(FleetError, match="their supervisor does not answer: end the twins"):
            workstation_of(spec)
    finally:
        Fleet.clear(spec)
    assert not workstation_of(spec).twins
