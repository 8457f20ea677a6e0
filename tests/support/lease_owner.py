"""An owner of leases, as a process: it surveys a board, and changes it by scripts under its lease.

    python -m tests.support.lease_owner FOLDER NUMBER TTL

It is killed, stopped and continued from outside. On the board each change notes what an observer
needs, which trusts no lease: whether another change was under way, and with which token it ran.
"""

from __future__ import annotations

import random
import secrets
import subprocess
import sys
import time
from pathlib import Path

from jetfleet.process import Process
from jetfleet.steps import lease
from jetfleet.transport import script as transport
from jetfleet.transport.answer import result_of
from jetfleet.transport.exchange import Exchange

CHANGE = """
exec 7>> {folder}/observer
flock -n 7 || echo "overlap {token}" >> {folder}/log
read -r count < {folder}/count
echo "begin {token} {owner}" >> {folder}/log
sleep {seconds}
echo $((count + 1)) > {folder}/count.new && mv {folder}/count.new {folder}/count
echo "end {token} $((count + 1))" >> {folder}/log
"""
MARK = "JETFLEET_TEST_BOARD"


def own(script: str, folder: Path, ttl: int) -> str:
    """Return a script for a board that is a folder."""
    places = {
        "/proc/uptime": "uptime", "/proc/sys/kernel/random/boot_id": "boot",
        "/run/jetfleet": "run", "/var/lib/jetfleet": "state",
    }  # fmt: skip
    for path, name in places.items():
        script = script.replace(path, str(folder / name))
    return script.replace(f" {lease.SECONDS} ", f" {ttl} ").replace(
        f" {lease.SECONDS}\n", f" {ttl}\n"
    )


class Owner:
    """One process of a workstation; each of its runs has an id."""

    def __init__(self, folder: Path, number: int, ttl: int) -> None:
        self.folder, self.ttl, self.name = folder, ttl, f"o{number}"
        self.random = random.Random()  # noqa: S311 - no secret
        self.long = number < 2
        self.holder = lease.Holder(self.name, "lab.yaml", "1", Process(1, "2", "elsewhere"))

    def sent(self, script: str, *, changes: bool) -> tuple[int, str]:
        """Have the board run a script; return its status and what it printed, both streams."""
        if (self.folder / "down").exists():
            return -1, ""
        by = transport.Holder(self.name, "now") if changes else None
        text = own(transport.to_send(script, 30, holder=by), self.folder, self.ttl)
        command = f"[ ! -e {self.folder}/down ] && exec sh -s"
        process = subprocess.Popen(
            ["setsid", "-w", "sh", "-c", command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", MARK: str(self.folder)},
        )
        assert process.stdin
        assert process.stdout
        assert process.stderr
        try:
            process.stdin.write(text.encode())
            process.stdin.flush()
            out, err = process.stdout.read(), process.stderr.read()
            process.wait()
            process.stdin.close()
            done = result_of(Exchange(bytearray(out), bytearray(err), 0), "it", 30)
        except Exception:  # noqa: BLE001 - a board that reboots answers in any way
            return -1, ""
        return done.status, done.out + done.err

    def note(self, word: str) -> None:
        """Write down what happened, for the summary."""
        with (self.folder / "owners").open("a") as lines:
            lines.write(f"{word}\n")

    def run(self) -> None:
        """Take the board as one run, change it a few times, and mostly end the lease."""
        status, text = self.sent(lease.show(), changes=False)
        seen = lease.read(text)
        if status or (seen and seen.left):
            time.sleep(self.random.uniform(0.05, 0.3))
            return
        run, token = secrets.token_hex(8), 1 + (seen.token if seen else 0)
        for _ in range(self.random.randrange(1, 5)):
            seconds = self.ttl + 1.5 if self.long else self.random.uniform(0, 0.1)
            change = CHANGE.format(
                folder=self.folder, token=token, owner=run, seconds=f"{seconds:.2f}"
            )
            before = lease.hold(run, token, self.holder, over=False)
            status, _ = self.sent(before + change, changes=True)
            self.long = self.long and status != 0
            self.note({0: "changed", 76: "refused"}.get(status, "failed"))
            if status == 76:
                return
            time.sleep(self.random.uniform(0, 0.1))
        if self.random.random() < 0.8:
            self.sent(lease.release(run), changes=True)
        else:
            self.note("left its lease")


if __name__ == "__main__":
    owner = Owner(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    while True:
        owner.run()
