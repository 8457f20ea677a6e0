"""A new fleet's bootstrap.sh never takes a package of our name from an index."""

from __future__ import annotations

import hashlib
import os
import subprocess
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.support.cli import call

OWN = version("jetfleet")


def wheel(folder: Path, name: str, release: str, needs: str = "") -> Path:
    """Write a wheel with no module in it, as an index would offer it."""
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{release}-py3-none-any.whl"
    info = f"{name}-{release}.dist-info"
    needed = f"Requires-Dist: {needs}\n" if needs else ""
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {release}\n{needed}"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(f"{info}/METADATA", metadata)
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    return path


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    """A new fleet, and beside it an index that has a newer package of each of our names."""
    assert call("init", tmp_path / "fleet").returncode == 0
    for name in ("jetfleet", "jetfleet_twins"):
        wheel(tmp_path / "index", name, "99.0")
    return tmp_path / "fleet"


def bootstrap(fleet: Path) -> subprocess.CompletedProcess[str]:
    index = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(fleet.parent / "index")}
    return subprocess.run(
        ["sh", "bootstrap.sh"],
        cwd=fleet, env={**os.environ, **index}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def installed(fleet: Path) -> list[str]:
    shown = [".venv/bin/pip", "list", "--format=freeze", "--disable-pip-version-check"]
    out = subprocess.run(shown, cwd=fleet, capture_output=True, text=True, check=True).stdout
    return [line for line in out.splitlines() if line.startswith("jetfleet")]


def own_wheels(fleet: Path) -> list[Path]:
    needs = f"jetfleet=={OWN}"
    return [
        wheel(fleet / "wheels", "jetfleet", OWN),
        wheel(fleet / "wheels", "jetfleet_twins", OWN, needs),
    ]


def test_the_wheels_of_the_running_version_are_installed(fleet: Path) -> None:
    own = own_wheels(fleet)
    sums = (f"{hashlib.sha256(one.read_bytes()).hexdigest()}  {one.name}\n" for one in own)
    (fleet / "wheels/SHA256SUMS").write_text("".join(sums))
    done = bootstrap(fleet)
    assert done.returncode == 0, done.stderr
    assert [line.partition("==")[0] for line in installed(fleet)] in (
        ["jetfleet", "jetfleet-twins"], ["jetfleet", "jetfleet_twins"],
    )  # fmt: skip
    assert not any("99.0" in line for line in installed(fleet))


def test_a_missing_wheel_is_not_looked_for(fleet: Path) -> None:
    done = bootstrap(fleet)
    assert done.returncode == 1
    assert f"./wheels/jetfleet-{OWN}-py3-none-any.whl is missing: build it" in done.stderr
    assert not (fleet / ".venv").exists()


def test_another_wheel_than_the_listed_one_is_refused(fleet: Path) -> None:
    own = own_wheels(fleet)
    (fleet / "wheels/SHA256SUMS").write_text(f"{'0' * 64}  {own[0].name}\n")
    done = bootstrap(fleet)
    assert done.returncode == 1
    assert "a wheel is not the one in wheels/SHA256SUMS" in done.stderr
    assert not (fleet / ".venv").exists()


@pytest.mark.parametrize(
    "line", ["jetfleet", "jetfleet[twins]", f"jetfleet=={OWN}", "jetfleet-twins>=0", "jetfleet ; x"]
)
def test_our_name_alone_is_refused(fleet: Path, line: str) -> None:
    (fleet / "requirements.txt").write_text(f"# ours\n{line}\n")
    done = bootstrap(fleet)
    assert done.returncode == 1
    assert f"requirements.txt has '{line}' by name: name a wheel, a commit or a hash" in done.stderr
    assert not (fleet / ".venv").exists()


def test_a_name_with_a_hash_takes_this_file_alone(fleet: Path) -> None:
    (fleet / "requirements.txt").write_text(f"jetfleet --hash=sha256:{'0' * 64}\n")
    done = bootstrap(fleet)
    assert done.returncode == 1
    assert installed(fleet) == []
