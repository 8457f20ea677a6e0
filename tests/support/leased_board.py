"""A board for tests of its lease: a folder, with an uptime and a boot of its own."""

from __future__ import annotations

import subprocess
import uuid
from dataclasses import dataclass, field
from pathlib import Path

from jetfleet.process import Process
from jetfleet.steps import lease
from jetfleet.steps.lease import Holder

ALICE = Holder("alice@laptop", "lab.yaml", "7", Process(1, "2", "elsewhere"))


@dataclass
class LeasedBoard:
    """Runs scripts as the board would.

    Parameters
    ----------
    folder:
        What it has of /run and /var/lib.
    uptime:
        In seconds.
    boot:
        Id of its boot.

    """

    folder: Path
    uptime: int = 500
    boot: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __post_init__(self) -> None:
        self.run.mkdir()
        self.sh("")

    @property
    def run(self) -> Path:
        """What is gone after a reboot."""
        return self.folder / "run"

    @property
    def state(self) -> Path:
        """What stays."""
        return self.folder / "state"

    def reboot(self) -> None:
        """Boot it: its uptime begins again."""
        self.boot, self.uptime = str(uuid.uuid4()), 0
        for path in self.run.iterdir():
            path.unlink()

    def sh(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script on it."""
        now = {"uptime": f"{self.uptime}.25 1.00\n", "boot": f"{self.boot}\n"}
        for name, text in now.items():
            path = self.folder / name
            if not path.exists() or path.read_text() != text:
                path.write_text(text)
        own = {
            "/proc/uptime": "uptime", "/proc/sys/kernel/random/boot_id": "boot",
            "/run/jetfleet": "run", "/var/lib/jetfleet": "state",
        }  # fmt: skip
        for path, name in own.items():
            script = script.replace(path, str(self.folder / name))
        return subprocess.run(
            ["sh", "-c", script],
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )

    def hold(self, run: str, token: int, *, over: bool = False) -> int:
        """Begin a script that changes it, as a run with this id; return its status."""
        return self.sh(lease.hold(run, token, ALICE, over=over)).returncode

    def seen(self) -> lease.Lease | None:
        """What a survey reads of its lease."""
        return lease.read(self.sh(lease.show()).stdout)
