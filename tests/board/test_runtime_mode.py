"""The mode of NVIDIA's runtime, in files and with an nvidia-ctk of the test."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from jetfleet.board.runtime_mode import with_mode
from jetfleet.resources import RunOptions, RuntimeMode
from jetfleet.resources.runtime_mode import CONFIG, DEVICES
from jetfleet.steps import LinkResolver, Run
from tests.support.cases import links

SHIPPED = """#accept-nvidia-visible-devices-envvar-when-unprivileged = true
disable-require = false
mode = "of no section"

[nvidia-container-cli]
environment = []
mode = "of another section"

[nvidia-container-runtime]
log-level = "info"
mode = "auto"
runtimes = ["runc", "crun"]

[nvidia-container-runtime.modes]

[nvidia-container-runtime.modes.csv]
mount-spec-path = "/etc/nvidia-container-runtime/host-files-for-container.d"
"""
"""As nvidia-container-toolkit 1.16 writes it, with two lines of the test."""
CTK = """case "$*" in
  *--help) exit 0 ;;
  "cdi generate --mode=csv --format=yaml") echo "cdiVersion: 0.5.0" ;;
  *) exit 1 ;;
esac"""


class Board:
    """A folder with the files and the programs of a board."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config, self.devices = folder / "runtime/config.toml", folder / "cdi/nvidia.yaml"
        self.packages = folder / "info"
        for path in (self.config.parent, self.packages):
            path.mkdir()
        self.config.write_text(SHIPPED)
        (self.packages / "nvidia-container-toolkit-base.list").write_text("/usr\n")
        self.program("nvidia-ctk", CTK)

    def program(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        paths = {CONFIG: self.config, DEVICES: self.devices, "/var/lib/dpkg/info": self.packages}
        for path, here in paths.items():
            script = script.replace(path, str(here))
        script = script.replace("/etc/cdi", str(self.devices.parent))
        return subprocess.run(
            ["sh"],
            input=script,
            text=True,
            capture_output=True,
            check=False,
            cwd=self.folder,
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"},
        )

    def changes(self, one: RuntimeMode) -> list[tuple[str, str, str]]:
        found = self.run(one.survey([one], RunOptions()))
        assert found.returncode == 0, found.stderr
        state = one.read(found.stdout, [one])[one.key]
        return [(c.attribute, c.have, c.want) for c in one.compare(state, RunOptions())]

    def converge(self, one: RuntimeMode) -> str:
        """Return what the steps say of an error."""
        found = one.read(self.run(one.survey([one], RunOptions())).stdout, [one])[one.key]
        changes = one.compare(found, RunOptions())
        for step in one.steps(found, changes, RunOptions(), LinkResolver(links)):
            assert isinstance(step, Run)
            done = self.run(step.script)
            if done.returncode:
                return done.stderr
        return ""


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


@pytest.mark.parametrize(
    ("text", "becomes"),
    [
        ("", '[nvidia-container-runtime]\nmode = "csv"\n'),
        ("a = 1\n", 'a = 1\n\n[nvidia-container-runtime]\nmode = "csv"\n'),
        (
            '[nvidia-container-runtime] # ours\n#mode = "x"\n[b]\nmode = "y"\n',
            '[nvidia-container-runtime] # ours\nmode = "csv"\n#mode = "x"\n[b]\nmode = "y"\n',
        ),
        (
            "[nvidia-container-runtime]\n  mode='cdi' # by hand",
            '[nvidia-container-runtime]\nmode = "csv"\n',
        ),
        (SHIPPED, SHIPPED.replace('mode = "auto"', 'mode = "csv"')),
    ],
)
def test_only_the_mode_of_its_section_changes(text: str, becomes: str) -> None:
    assert with_mode(text, "csv") == becomes
    assert with_mode(becomes, "csv") == becomes


def test_a_mode_is_read_and_set(board: Board) -> None:
    board.config.chmod(0o600)
    csv = RuntimeMode("csv")
    assert board.changes(csv) == [("mode", "auto", "csv")]
    assert board.converge(csv) == ""
    assert board.config.read_text() == SHIPPED.replace('mode = "auto"', 'mode = "csv"')
    assert board.config.stat().st_mode & 0o777 == 0o600
    assert board.changes(csv) == []
    assert not board.devices.exists()


def test_a_board_without_the_file_gets_one(board: Board) -> None:
    board.config.unlink()
    assert board.changes(RuntimeMode("auto")) == []
    assert board.converge(RuntimeMode("csv")) == ""
    assert board.changes(RuntimeMode("csv")) == []


def test_devices_are_listed_before_the_mode_is_set(board: Board) -> None:
    cdi = RuntimeMode("cdi", "csv")
    assert board.changes(cdi) == [("mode", "auto", "cdi"), ("devices", "absent", "listed")]
    assert board.converge(cdi) == ""
    assert board.devices.read_text() == "cdiVersion: 0.5.0\n"
    assert board.devices.stat().st_mode & 0o777 == 0o644
    assert board.changes(cdi) == []


@pytest.mark.parametrize("ctk", ["exit 1", 'case "$*" in *--help) ;; *) echo half; exit 1 ;; esac',
                                 "exit 0"])  # fmt: skip
def test_a_list_that_cannot_be_made_changes_nothing(board: Board, ctk: str) -> None:
    board.program("nvidia-ctk", ctk)
    board.converge(RuntimeMode("cdi", "csv"))
    assert board.config.read_text() == SHIPPED
    assert not board.devices.exists()


def test_an_old_toolkit_is_named(board: Board) -> None:
    board.program("nvidia-ctk", "exit 1")
    assert "1.13 or later" in board.converge(RuntimeMode("cdi"))


def test_a_list_that_is_older_than_the_packages_is_made_again(board: Board) -> None:
    cdi = RuntimeMode("cdi", "csv")
    assert board.converge(cdi) == ""
    os.utime(board.devices, (1, 1))
    assert board.changes(cdi) == [("devices", "old", "listed")]
    assert board.converge(cdi) == ""
    assert board.changes(cdi) == []
    board.devices.write_text("")
    assert board.changes(cdi) == [("devices", "absent", "listed")]
