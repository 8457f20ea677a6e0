"""A board for tests of its lease: a folder, with an uptime and a boot of its own."""

from __future__ import annotations

import subprocess
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from jetfleet.process import Process
from jetfleet.steps import Result, audit, lease
from jetfleet.steps.audit import Entry
from jetfleet.steps.lease import Holder
from jetfleet.transport.answer import result_of
from jetfleet.transport.exchange import Exchange
from jetfleet.transport.script import Around, to_send
from jetfleet.transport.script import Holder as Lock

ALICE = Holder("alice@laptop", "lab.yaml", "7", Process(1, "2", "elsewhere"))
ENTRY = Entry(
    "2026-11-29T01:00:00Z", "alice@laptop", "7", 1, "a change", "c0ffee+", "ab" * 32, "r-1", 2
)


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
        return subprocess.run(
            ["sh", "-c", self._own(script)],
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )

    def _own(self, script: str) -> str:
        """Return a script with the paths of this board, whose time stands still meanwhile."""
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
        return script

    def hold(self, run: str, token: int, *, over: bool = False) -> int:
        """Begin a script that changes it, as a run with this id; return its status."""
        return self.sh(lease.hold(run, token, ALICE, over=over)).returncode

    def change(  # noqa: PLR0913
        self,
        run: str,
        token: int,
        script: str,
        did: str = "a change",
        *,
        entry: Entry = ENTRY,
        limit: int = 20,
        edits: Mapping[str, str] | None = None,
    ) -> Result:
        """Change it under the lease of a run, by a script that notes what it did.

        Parameters
        ----------
        edits:
            Of the text that is sent: what stands in place of what.

        """
        begin = lease.begin(run, token, ALICE, over=False)
        around = Around(audit.before(), audit.after(run, replace(entry, token=token, did=did)))
        lock = Lock("alice", "now", around)
        text = to_send(begin + script, limit, holder=lock, connected=False)
        for old, new in (edits or {}).items():
            assert old in text
            text = text.replace(old, new)
        done = self.sh(text)
        out, err = (bytearray(one.encode()) for one in (done.stdout, done.stderr))
        return result_of(Exchange(out, err, 0), did, limit)

    def cut(self, run: str, token: int, script: str) -> None:
        """Change it, and let the connection be gone once the script has said something."""
        begin = lease.begin(run, token, ALICE, over=False)
        entry = replace(ENTRY, token=token)
        around = Around(audit.before(), audit.after(run, entry))
        text = to_send(begin + script, 20, holder=Lock("alice", "now", around))
        pipe = subprocess.PIPE
        with subprocess.Popen(
            ["sh", "-s"], stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        ) as shell:
            assert shell.stdin
            assert shell.stdout
            assert shell.stderr
            shell.stdin.write(self._own(text).encode())
            shell.stdin.flush()
            while b"@said" not in shell.stdout.readline():
                assert shell.poll() is None
            for stream in (shell.stdout, shell.stderr, shell.stdin):
                stream.close()
            shell.wait(20)

    def seen(self) -> lease.Lease | None:
        """What a survey reads of its lease."""
        return lease.read(self.sh(lease.show()).stdout)
