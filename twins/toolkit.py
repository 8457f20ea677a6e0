"""NVIDIA's Container Toolkit as a package, for a board that was only flashed and lacks it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from importlib.resources import as_file, files
from pathlib import Path

from jetfleet.errors import FleetError

RUNTIME = "usr/bin/nvidia-container-runtime"
"""The file of the package."""

_NAME = "nvidia-container-toolkit"
_VERSIONS = {35: "1.11.0-1", 36: "1.16.2-1"}
_LATER = "1.18.1-1"  # the first series that knows Thor (the toolkit's change log)


def version_for(major: int) -> str:
    """Return the version that the apt source of an L4T release has, by its first number."""
    return _VERSIONS.get(major, _LATER)


def write_toolkit(repository: Path, version: str) -> str:
    """Write the package into the folder of a repository; return its entry of `Packages`."""
    control = (
        f"Package: {_NAME}\nVersion: {version}\nArchitecture: all\n"
        "Maintainer: NVIDIA CORPORATION <cudatools@nvidia.com>\n"
        "Description: NVIDIA Container toolkit\n"
    )
    file = f"{_NAME}_{version}_all.deb"
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch) / "root"
        for folder in (root, root / "DEBIAN", (root / RUNTIME).parent):
            folder.mkdir(parents=True, exist_ok=True)
        (root / "DEBIAN/control").write_text(control, encoding="ascii")
        with as_file(files("twins") / "board" / RUNTIME) as program:
            shutil.copyfile(program, root / RUNTIME)
        # Modes are part of a package: they must not depend on the caller's umask.
        for path in (root, *root.rglob("*")):
            path.chmod(0o755)
        _run("dpkg-deb", "-Znone", "--root-owner-group", "--build", str(root), f"{scratch}/{file}")
        entry = _run("apt-ftparchive", "packages", file, cwd=scratch)
        shutil.copyfile(f"{scratch}/{file}", repository / file)
    (repository / file).chmod(0o644)
    return entry


def _run(*argv: str, cwd: str | None = None) -> str:
    done = subprocess.run(
        argv,
        cwd=cwd,
        env={**os.environ, "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise FleetError(f"`{' '.join(argv)}` failed: {done.stderr.strip()}; repair it first.")
    return done.stdout
