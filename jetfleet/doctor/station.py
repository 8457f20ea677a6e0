"""What a workstation needs for any run, and for virtual Jetsons."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.doctor.finding import Finding
from jetfleet.extra import INSTALL, twins_entry

if TYPE_CHECKING:
    from collections.abc import Iterator

_OLDEST = (3, 10)
_KEYS = ("id_ed25519", "id_ecdsa", "id_rsa", "id_ed25519_sk", "id_ecdsa_sk")


def of_station(*, login_key: bool = True) -> Iterator[Finding]:
    """Yield a finding for each thing that runs on boards need; without `login_key`, but that."""
    version = platform.python_version()
    old = sys.version_info < _OLDEST
    yield Finding("python", version, "install Python 3.10 or newer" if old else "")
    yield _pyinfra()
    yield _program("git", "git", "--version")
    yield _program("ssh", "openssh-client", "-V")
    if login_key:
        yield _login_key()


def _pyinfra() -> Finding:
    beside = Path(sys.executable).with_name("pyinfra")
    if beside.exists():
        return Finding("pyinfra", f"{metadata.version('pyinfra')} ({beside})")
    return Finding("pyinfra", "not beside this Python", f"{sys.executable} -m pip install pyinfra")


def _program(name: str, package: str, option: str) -> Finding:
    path = shutil.which(name)
    if path is None:
        return Finding(name, "not on the PATH", f"install the package {package}")
    done = subprocess.run([path, option], capture_output=True, text=True, check=False)
    said = (done.stdout or done.stderr).strip().partition("\n")[0]
    return Finding(name, said or path)


def _login_key() -> Finding:
    """Check for a login key: a file in the usual place, or a key in the SSH agent."""
    folder = Path.home() / ".ssh"
    files = [name for name in _KEYS if (folder / name).is_file()]
    if files:
        return Finding("ssh key", ", ".join(str(folder / name) for name in files))
    if os.environ.get("SSH_AUTH_SOCK") and shutil.which("ssh-add"):
        done = subprocess.run(["ssh-add", "-l"], capture_output=True, text=True, check=False)
        if done.returncode == 0:
            return Finding("ssh key", f"{len(done.stdout.splitlines())} in the SSH agent")
    remedy = "create one with `ssh-keygen -t ed25519` and copy it to a board with `ssh-copy-id`"
    return Finding("ssh key", f"none in {folder}, none in an agent", remedy)


def of_twins() -> Iterator[Finding]:
    """Yield what `jetfleet twin` needs: the extra says what, if it is installed."""
    findings = twins_entry("findings")
    if findings is None:
        yield Finding("twins: installed", "no", INSTALL)
    else:
        yield from findings()
