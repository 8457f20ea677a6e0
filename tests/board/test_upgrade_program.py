"""The program that upgrades L4T: what it makes of apt's sources, simulations and records."""

from __future__ import annotations

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from jetfleet.board import debian, upgrade
from jetfleet.board.debian import Failed, additional, tail, to_release

LIST = """# NVIDIA
deb https://repo.download.nvidia.com/jetson/common r36.4 main
deb [arch=arm64 signed-by=/etc/apt/a.asc] https://mirror.example/jetson/t234 r36.4 main
# deb https://repo.download.nvidia.com/jetson/ffmpeg r36.4 main
deb http://ports.example/ubuntu jammy main
"""
DEB822 = """Types: deb
URIs: https://repo.download.nvidia.com/jetson/common
Suites: r36.4
Components: main
"""

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes root's files")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the upgrade, and one of apt's sources."""
    (tmp_path / "sources").mkdir()
    for module in (debian, upgrade):
        monkeypatch.setattr(module, "FOLDER", str(tmp_path / "upgrade"))
        monkeypatch.setattr(module, "SOURCES", str(tmp_path / "sources"))
    monkeypatch.setattr(upgrade, "REQUIRED", str(tmp_path / "reboot-required"))
    return tmp_path


def test_only_sources_of_nvidia_that_are_on_get_another_release() -> None:
    moved = to_release(LIST, "r36.5")
    assert moved.count("r36.5") == 2
    assert moved == LIST.replace("/jetson/common r36.4", "/jetson/common r36.5").replace(
        "/jetson/t234 r36.4", "/jetson/t234 r36.5"
    )
    assert to_release(DEB822, "r36.5") == DEB822.replace("r36.4", "r36.5")
    assert to_release(moved, "r36.5") == moved


def test_the_boards_own_sources_stay_while_it_asks(folder: Path) -> None:
    source = folder / "sources/nvidia-l4t-apt-source.list"
    source.write_text(LIST)
    (folder / "sources/other.list").write_text("deb https://other.example/jetson/x r36.4 main\n")
    debian.write_sources("r36.5")
    assert source.read_text() == LIST
    made = folder / "upgrade/sources.list.d"
    assert (made / source.name).read_text() == to_release(LIST, "r36.5")
    assert "r36.4" in (made / "other.list").read_text()


@pytest.mark.parametrize("text", ["", "# deb https://x.example/jetson/common r36.4 main\n"])
def test_without_a_source_that_is_on_it_does_not_begin(folder: Path, text: str) -> None:
    (folder / "sources/nvidia-l4t-apt-source.list").write_text(text)
    with pytest.raises(Failed, match="repair that file"):
        debian.write_sources("r36.5")


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ("After this operation, 1,024 kB of additional disk space will be used.", 1_024_000),
        ("After this operation, 2.5 GB of additional disk space will be used.", 2_500_000_000),
        ("After this operation, 102 TB of additional disk space will be used.", 102 * 10**12),
        ("After this operation, 12 MB disk space will be freed.", 0),
        ("", 0),
    ],
)
def test_what_apt_says_of_room(said: str, size: int) -> None:
    assert additional(said) == size


def test_a_failure_names_the_errors_of_apt() -> None:
    text = "Reading package lists...\nE: Failed to fetch file:/x  404\nE: Unable to fetch\n"
    assert tail(text) == "E: Failed to fetch file:/x  404 / E: Unable to fetch"
    assert tail("") == "it printed nothing"


@pytest.mark.parametrize(
    ("version", "enough"),
    [
        ("36.5.0-20260115194252", True),
        ("36.5.2-20260716114719", True),
        ("36.4.7-20250918", False),
        ("39.2.0-20260601141651", False),
        ("", False),
    ],
)
def test_a_later_patch_is_enough(version: str, enough: bool) -> None:  # noqa: FBT001 - a table
    assert upgrade.reaches(version, "36.5.0") is enough


def test_the_end_writes_the_source_and_asks_for_a_reboot(folder: Path) -> None:
    source = folder / "sources/nvidia-l4t-apt-source.list"
    source.write_text(LIST)
    debian.write_sources("r36.5")
    upgrade.finish({"from": "36.4.3", "to": "36.5.0", "held": ["x"], "auto": []})
    assert source.read_text() == to_release(LIST, "r36.5")
    assert (folder / "reboot-required.pkgs").read_text() == "nvidia-l4t-core\n"
    assert [path.name for path in (folder / "upgrade").iterdir()] == ["record.json"]
    record = upgrade.read_record()
    assert (record["phase"], record["held"]) == ("reboot", ["x"])
    assert record["boot"] == Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    assert (folder / "upgrade/record.json").stat().st_mode & 0o777 == 0o600


def _booted(monkeypatch: pytest.MonkeyPatch, folder: Path, revision: str, kernel: str) -> None:
    release = folder / "nv_tegra_release"
    release.write_text(f"# R36 (release), REVISION: {revision}, GCID: 1, BOARD: generic\n")
    monkeypatch.setattr(upgrade, "RELEASE", str(release))
    query = folder / "bin/dpkg-query"
    query.parent.mkdir()
    query.write_text("#!/bin/sh\necho nvidia-l4t-kernel installed 5.15.185-tegra-36.5.0-2026\n")
    query.chmod(0o755)
    monkeypatch.setenv("PATH", f"{query.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(release=kernel))
    upgrade.write_record({"to": "36.5.0", "phase": "reboot", "boot": "x", "held": []})


def test_after_the_reboot_the_record_goes(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _booted(monkeypatch, folder, "5.0", "5.15.185-tegra")
    upgrade.check({"to": "36.5.0"})
    assert not (folder / "upgrade").exists()


@pytest.mark.parametrize(
    ("revision", "kernel", "said"),
    [
        ("4.3", "5.15.185-tegra", r"runs L4T 36\.4\.3"),
        ("5.0", "5.15.148-tegra", r"booted the kernel 5\.15\.148-tegra"),
    ],
)
def test_a_board_that_booted_the_old_one_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch, revision: str, kernel: str, said: str
) -> None:
    _booted(monkeypatch, folder, revision, kernel)
    with pytest.raises(Failed, match=said):
        upgrade.check({"to": "36.5.0"})
    assert upgrade.read_record()


def test_a_damaged_record_does_not_count(folder: Path) -> None:
    (folder / "upgrade").mkdir()
    (folder / "upgrade/record.json").write_text(json.dumps(["not", "a record"]))
    assert upgrade.read_record() == {}
