"""Run commands in a twin without SSH, independently of the code under test."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from twins import cgroup

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
}
# Namespaces: the workstation's, the supervisor's, the twin's own. Docker's are one deeper.
_DEPTH = 3


def leader(group: Path) -> int | None:
    """Return the process id, on the workstation, of a running twin's systemd, or None."""
    for process in cgroup.processes(group):
        try:
            status = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):
            continue
        for line in status.splitlines():
            name, _, numbers = line.partition(":")
            if name == "NSpid" and len(numbers.split()) == _DEPTH and numbers.split()[-1] == "1":
                return process
    return None


def run(
    pid: int, argv: Sequence[str], stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command as root in every namespace of the twin whose systemd is `pid`."""
    enter = ["nsenter", "--target", str(pid), "--all", "--root", "--wd"]
    assignments = [f"{name}={value}" for name, value in _ENVIRONMENT.items()]
    command = [*enter, "env", "--ignore-environment", *assignments, *argv]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL if stdin is None else subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        while True:
            try:
                out, error = process.communicate(stdin, timeout=1)
                break
            except subprocess.TimeoutExpired:
                stdin = None
                # systemd stops all processes before it kills them at a reboot, and nsenter stops
                # with its child: nsenter would wait for ever, and so would the reboot.
                process.send_signal(signal.SIGCONT)
    return subprocess.CompletedProcess(command, process.returncode, out, error)
