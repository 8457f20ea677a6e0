"""One twin as its supervisor runs it: overlay, NVMe, systemd-nspawn."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from twins import cgroup, loop

if TYPE_CHECKING:
    from twins.network import Network
    from twins.state import TwinPlan

REBOOT_STATUS = 133
"""The exit status of systemd-nspawn after the twin asked for a reboot."""

_ENVIRONMENT = {
    "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1",
    "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "yes",
    "SYSTEMD_NSPAWN_LOCK": "0",
}


class Container:
    """The mounts and the process of one twin; all vanish with the supervisor's namespaces."""

    def __init__(self, plan: TwinPlan, network: Network) -> None:
        self.plan = plan
        self.network = network
        self.folder = Path(plan.folder)
        self.group = cgroup.fleet_group(network.bridge) / plan.name
        self.process: subprocess.Popen[bytes] | None = None
        self.wanted = True  # whether to start it again after a reboot
        self._nvme: int | None = None

    def prepare(self) -> None:
        """Attach the NVMe and mount the root; once per supervisor."""
        image = self.folder / "nvme0n1.img"
        if not image.exists():
            with image.open("wb") as file:
                file.truncate(self.plan.nvme_bytes)
        self._nvme, minor = loop.attach(image)
        (self.folder / "board/usr/lib/twin/nvme").write_text(f"{minor}\n", encoding="ascii")
        for name in ("upper", "work", "root", "docker"):
            (self.folder / name).mkdir(exist_ok=True)
        layers = f"{self.folder}/board:{self.plan.rootfs}"
        options = f"lowerdir={layers},upperdir={self.folder}/upper,workdir={self.folder}/work"
        argv = ["mount", "-t", "overlay", "twin", "-o", options, f"{self.folder}/root"]
        subprocess.run(argv, check=True)

    def start(self) -> None:
        """Boot the twin."""
        # A group of its own for each boot. In one that was killed before, Linux 6.14 and later end
        # what systemd 257 starts: its fork into a new group compares their counts of kills.
        cgroup.remove(self.group)
        self.group.mkdir(parents=True, exist_ok=True)
        self.wanted = True
        self.network.unplug(self.plan.address)
        console = os.open(
            self.folder / "console.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644
        )
        try:
            self.process = subprocess.Popen(
                # The shell joins the group and becomes nspawn: no process is ever outside.
                ["sh", "-c", 'echo 0 >"$0" && exec "$@"', self._join_file(), *self._argv()],
                env={**os.environ, **_ENVIRONMENT},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=console,
            )
        finally:
            os.close(console)

    def cut_power(self) -> None:
        """Kill every process of the twin at once; it stays off until `start`."""
        self.wanted = False
        cgroup.kill(self.group)

    def _join_file(self) -> str:
        return str(self.group / "cgroup.procs")

    def _argv(self) -> list[str]:
        return [
            "systemd-nspawn",
            "--quiet",
            "--settings=no",
            "--register=no",
            "--keep-unit",
            f"--directory={self.folder}/root",
            f"--machine={self.network.machine(self.plan.address)}",
            f"--hostname={self.plan.name}",
            f"--network-bridge={self.network.bridge}",
            "--capability=all",
            "--system-call-filter=@keyring bpf",
            "--link-journal=no",
            "--resolv-conf=off",
            "--timezone=off",
            "--console=read-only",
            "--kill-signal=SIGRTMIN+3",
            # Docker's overlay2 does not work on an overlay; a board has ext4 here.
            f"--bind={self.folder}/docker:/var/lib/docker",
            "/usr/lib/twin/init",
        ]
