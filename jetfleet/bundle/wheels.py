"""The wheels of a bundle: what virtual environments on boards need, pinned by hash."""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from jetfleet.bundle.sources import from_file
from jetfleet.bundle.wanted import Wanted
from jetfleet.errors import FleetError
from jetfleet.steps.bundle import WHEELS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FOLDER = "wheels"
_SECONDS = 1800
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def wheels(requirements: Iterable[str], folder: Path, scratch: Path) -> Iterator[Wanted]:
    """Yield the wheels for lines of requirements; those that the bundle lacks are downloaded.

    Parameters
    ----------
    folder:
        The bundle, whose wheels are not downloaded again.
    scratch:
        A folder that gets the others.

    Raises
    ------
    FleetError
        There is no pip, or it does not get a wheel with a hash of its line.

    """
    lines = sorted({line for text in requirements for line in text.splitlines() if line.strip()})
    known = {_sha256(path): path for path in sorted((folder / FOLDER).glob("*.whl"))}
    lacking = [line for line in lines if not set(_HASH.findall(line)) & known.keys()]
    if lacking:
        known |= {_sha256(path): path for path in _download(lacking, scratch)}
    for digest in sorted(set(_HASH.findall("\n".join(lines))) & known.keys()):
        path = known[digest]
        size, title = path.stat().st_size, f"wheel {path.name}"
        yield Wanted(f"{FOLDER}/{path.name}", size, digest, (WHEELS,), title, from_file(path))


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _download(lines: Iterable[str], scratch: Path) -> list[Path]:
    """Return the wheels for these lines, as pip downloads them: only those with a pinned hash."""
    listed = [line.split()[0] for line in lines]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", dir=scratch) as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        argv = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps"),
            *("--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"),
            *("-d", str(scratch), "-r", file.name),
        ]
        done = subprocess.run(
            argv, capture_output=True, text=True, check=False, timeout=_SECONDS,
            stdin=subprocess.DEVNULL,
        )  # fmt: skip
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise FleetError(
            f"the wheels {', '.join(listed)} cannot be downloaded ({said[-1] if said else ''}): "
            "check that this Python has pip and reaches its package index"
        )
    return sorted(scratch.glob("*.whl"))
