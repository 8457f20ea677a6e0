"""What a fleet of twins has in the kernel, and commands on its boards."""

from __future__ import annotations

import subprocess
from pathlib import Path

from jetfleet.spec.load import load
from twins import cgroup, loop, rundir
from twins.board import TwinBoard, board_of
from twins.fleet import Fleet

LAB = load(Path(__file__).parents[2] / "inventory/lab.yaml")
BOARDS = {host.name: board_of(host) for host in LAB.hosts}
THOR = next(board for board in BOARDS.values() if board.soc == "thor")
AGX = next(board for board in BOARDS.values() if "AGX Orin" in board.dt_model)
NANO = next(board for board in BOARDS.values() if "Nano" in board.dt_model)
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
