"""Both wheels of this repository, and environments that they are installed in without an index."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.support.cli import ROOT

_FILES = ("pyproject.toml", "README.md", "LICENSE")
_FOLDERS = ("jetfleet", "roles", "templates", "deploys", "twins")
_PIP = [sys.executable, "-m", "pip", "-q", "--disable-pip-version-check"]


def build(folder: Path) -> Path:
    """Build both wheels from a copy of the sources; return the folder that has them."""
    source = folder / "source"
    source.mkdir()
    clean = shutil.ignore_patterns("__pycache__", "*.egg-info", "build")
    for name in _FOLDERS:
        shutil.copytree(ROOT / name, source / name, symlinks=True, ignore=clean)
    for name in _FILES:
        shutil.copy(ROOT / name, source)
    dist = folder / "dist"
    options = ["--no-deps", "--no-build-isolation", "--no-index", "-w", str(dist)]
    subprocess.run([*_PIP, "wheel", *options, ".", "./twins"], cwd=source, check=True)
    return dist


def install(folder: Path, dist: Path, requirement: str) -> Path:
    """Install a requirement from a folder of wheels alone; return the environment's `bin`.

    Its dependencies are those of this environment: what the wheels are made of is left out.
    """
    dependencies = folder / "dependencies"
    dependencies.mkdir()
    for one in Path(sysconfig.get_path("purelib")).iterdir():
        if "jetfleet" not in one.name:
            (dependencies / one.name).symlink_to(one)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True)
    python = folder / "venv/bin/python"
    options = ["--no-index", "--find-links", str(dist)]
    subprocess.run(
        [*_PIP, "--python", str(python), "install", *options, requirement],
        env={"PYTHONPATH": str(dependencies), "PATH": "/usr/bin:/bin"},
        check=True,
    )
    # pip installs no script of what is there already, and jetfleet starts pyinfra by its script.
    pyinfra = python.with_name("pyinfra")
    pyinfra.write_text(f"#!{python}\nfrom pyinfra_cli.main import main\nmain()\n")
    pyinfra.chmod(0o755)
    return python.parent


def run(
    bin_folder: Path, *words: str, program: str = "jetfleet", cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """Run an installed program, in the folder of the environment unless another is named."""
    folder = bin_folder.parents[1]
    return subprocess.run(
        [bin_folder / program, *words],
        cwd=cwd or folder,
        env={
            "PYTHONPATH": str(folder / "dependencies"),
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
        },
        capture_output=True,
        text=True,
        check=False,
    )
