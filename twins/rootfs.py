"""Root filesystems of twins: built once with mmdebstrap, kept in the cache, never written to."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

from jetfleet.errors import FleetError
from twins import aptsources
from twins.standins.files import locked

# sfdisk and blkid come with util-linux or beside it; the names differ between the suites.
_INSTALLED = (
    *("apt", "ca-certificates", "curl", "dbus", "docker.io", "e2fsprogs", "fdisk", "gdisk"),
    *("iproute2", "iptables", "iputils-ping", "kmod", "less", "libpam-systemd", "mount"),
    *("netbase", "openssh-server", "parted", "procps", "python3", "rsync", "sudo", "systemd"),
    *("systemd-sysv", "udev", "util-linux"),
)
# In these suites the engine's package does not contain the client.
_CLIENT = {"trixie": ("docker-cli",), "forky": ("docker-cli",)}
_LATER = ("aria2", "network-manager")
_FIRST_MAJOR_ON_2404 = 38


@dataclass(frozen=True)
class Recipe:
    """What one root filesystem is made of: a suite of the workstation's own distribution."""

    suite: str

    @property
    def packages(self) -> tuple[str, ...]:
        """The packages to install, beside the suite's essential ones."""
        return (*_INSTALLED, *_CLIENT.get(self.suite, ()))

    @property
    def name(self) -> str:
        """Return the folder's name; it changes whenever what is built changes."""
        parts = (self.suite, *_LATER, *self.packages, _customize_text())
        return f"{self.suite}-{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"


def recipe_for(l4t: str) -> Recipe:
    """Return the recipe that stands for the Ubuntu of an L4T release such as `36.4.3`.

    Ubuntu 22.04 and older: the older suite; from L4T 38 on Ubuntu 24.04: the newer one.
    """
    elder, younger = aptsources.SUITES[aptsources.origin(aptsources.listing())]
    return Recipe(younger if int(l4t.split(".", 1)[0]) >= _FIRST_MAJOR_ON_2404 else elder)


def ensure_rootfs(recipe: Recipe, cache: Path) -> Path:
    """Return the folder of a root filesystem, building it first if the cache has none.

    Two callers at once build one: the second waits for the first. Raises FleetError with the last
    lines of mmdebstrap when the build fails; a failed build leaves nothing in the cache.
    """
    home = cache / "rootfs"
    home.mkdir(parents=True, exist_ok=True)
    target = home / recipe.name
    if target.is_dir():
        return target
    with locked(home / f"{recipe.name}.lock"):
        if not target.is_dir():
            _build(recipe, target)
    return target


def _build(recipe: Recipe, target: Path) -> None:
    # mmdebstrap makes the folder itself; a temporary name beside it makes the rename atomic.
    scratch = Path(tempfile.mkdtemp(prefix=".building-", dir=target.parent))
    scratch.chmod(0o755)
    try:
        with as_file(files("twins") / "data" / "customize.sh") as hook:
            _run_mmdebstrap(recipe, scratch / "root", hook)
        (scratch / "root").rename(target)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _run_mmdebstrap(recipe: Recipe, root: Path, hook: Path) -> None:
    sources = aptsources.lines_for(recipe.suite, aptsources.listing())
    argv = [
        "mmdebstrap",
        "--variant=minbase",
        "--mode=root",
        "--format=directory",
        "--skip=cleanup/apt",
        f"--include={','.join(recipe.packages)}",
        "--dpkgopt=path-exclude=/usr/share/doc/*",
        "--dpkgopt=path-exclude=/usr/share/man/*",
        *(f"--aptopt={line}" for line in aptsources.options()),
        f'--customize-hook=sh {hook} "$1" {" ".join(_LATER)}',
        recipe.suite,
        str(root),
        *sources,
    ]
    result = subprocess.run(
        argv,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        tail = "\n".join(result.stdout.splitlines()[-15:])
        raise FleetError(
            f"The root filesystem of twins ({recipe.suite}) could not be built; "
            f"read the last lines of mmdebstrap, repair the cause and try again:\n{tail}"
        )


def _customize_text() -> str:
    return (files("twins") / "data" / "customize.sh").read_text(encoding="utf-8")
