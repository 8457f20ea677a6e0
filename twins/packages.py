"""The programs that twins need of the workstation, and the Debian packages that bring them."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from twins.standins.files import locked

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


_LOCK = Path("/run/jetfleet/packages.lock")

# A user's PATH may lack the folders of Debian's system programs.
SEARCH_PATH = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


@dataclass(frozen=True)
class Program:
    """A required command, or the path of a required file, and the package that contains it."""

    command: str
    package: str

    def present(self) -> bool:
        """Return whether it is installed."""
        if self.command.startswith("/"):
            return Path(self.command).exists()
        return shutil.which(self.command, path=SEARCH_PATH) is not None


PROGRAMS = (
    Program("systemd-nspawn", "systemd-container"),
    Program("mmdebstrap", "mmdebstrap"),
    Program("apt-ftparchive", "apt-utils"),
    Program("dpkg-deb", "dpkg"),
    Program("ip", "iproute2"),
    Program("mount", "mount"),
    Program("unshare", "util-linux"),
    Program("ssh", "openssh-client"),
    Program("docker-registry", "docker-registry"),
    Program("busybox", "busybox-static"),
    Program("/usr/share/keyrings/debian-archive-keyring.gpg", "debian-archive-keyring"),
)


def missing(programs: Sequence[Program] = PROGRAMS) -> tuple[str, ...]:
    """Name the packages, sorted, whose commands are not on this workstation."""
    return tuple(sorted({program.package for program in programs if not program.present()}))


def ensure_packages(programs: Sequence[Program] = PROGRAMS) -> tuple[str, ...]:
    """Install the packages that are missing and return their names; none when all are there.

    Raises FleetError when something is missing and cannot be installed from here.
    """
    wanted = missing(programs)
    if not wanted:
        return ()
    names = " ".join(wanted)
    if shutil.which("apt-get") is None:
        raise FleetError(
            f"Twins need the Debian packages {names}, and this workstation has no apt-get; "
            "use a Debian or Ubuntu workstation, or install these programs yourself."
        )
    if os.geteuid() != 0:
        raise FleetError(
            f"Twins need the packages {names}, which are not installed, and only root can install "
            f"them; run `sudo apt-get install --no-install-recommends {names}` or run this as root."
        )
    # Tests start twins in several processes at once, and APT fails instead of waiting.
    with locked(_LOCK):
        wanted = missing(programs)
        if wanted:
            _apt_get("update")
            with _no_services():
                _apt_get("install", "--yes", "--no-install-recommends", *wanted)
    left = missing(programs)
    if left:
        raise FleetError(
            f"apt-get installed {names}, yet the programs of {' '.join(left)} are still missing; "
            "look at what these packages contain on this release."
        )
    return wanted


_POLICY = Path("/usr/sbin/policy-rc.d")


@contextmanager
def _no_services() -> Iterator[None]:
    """Keep packages from starting their services: the workstation itself needs no registry.

    Debian asks this file before it starts a service (invoke-rc.d(8)); an existing one is kept.
    """
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
        if Path("/run/systemd/system").exists():
            subprocess.run(
                ["systemctl", "--quiet", "disable", "docker-registry.service"], check=False
            )


def _apt_get(*arguments: str) -> None:
    result = subprocess.run(
        ["apt-get", "-q", "-o", "DPkg::Lock::Timeout=300", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        tail = "\n".join((result.stdout + result.stderr).splitlines()[-8:])
        raise FleetError(
            f"`apt-get {' '.join(arguments)}` failed with status {result.returncode}; "
            f"repair the workstation's APT and try again:\n{tail}"
        )
