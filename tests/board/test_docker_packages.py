"""The script that reads Docker's packages, with programs that answer as those of a board."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from jetfleet.resources import DockerPackages, RunOptions
from jetfleet.resources.docker_packages.state import PackagesState

POLICY = """docker.io:
  Installed: (none)
  Candidate: 29.1.3-0ubuntu3~22.04.2
docker-ce:
  Installed: (none)
  Candidate: (none)
"""
MADISON = """ docker.io | 29.1.3-0ubuntu3~22.04.2 | http://ports.example jammy/universe Packages
 docker-ce | 5:27.5.1-1~ubuntu.22.04~jammy | http://docker.example jammy/stable Packages
"""
URIS = "'http://ports.example/a.deb' a.deb 1000 SHA256:1\n'file:/opt/b.deb' b.deb 500 SHA256:2\n"
WHOLE = "docker.io 27.5.1 installed\nnvidia-container-toolkit 1.16.2-1 installed"


def by_dpkg(packages: str) -> str:
    """Name, version and status of packages in the order in which dpkg is asked for them."""
    rows = (line.split(" ") for line in packages.splitlines())
    return "\n".join(f"{name} {status} {version}" for name, version, status in rows)


class Board:
    """A tree of files, and programs that print what a test gives them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.packages = ""
        (root / "bin").mkdir()

    def program(self, path: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text("#!/bin/sh\n")
        (self.root / path).chmod(0o755)

    def read(self, wanted: DockerPackages) -> PackagesState:
        for name, text in {
            "dpkg-query": by_dpkg(self.packages), "modprobe": "", "apt-get": URIS,
        }.items():  # fmt: skip
            self._answer(name, f"cat <<'E'\n{text}\nE\n")
        apt = f"case $1 in policy) cat <<'E'\n{POLICY}\nE\n;; *) cat <<'E'\n{MADISON}\nE\n;; esac"
        self._answer("apt-cache", apt)
        script = re.sub(
            r"(?<![\w*}])/(usr|var)/", rf"{self.root}/\1/", wanted.survey([wanted], RunOptions())
        )
        done = subprocess.run(
            ["sh", "-s"],
            input=script,
            env={**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=True,
        )
        return wanted.read(done.stdout, [wanted])[wanted.key]

    def _answer(self, name: str, text: str) -> None:
        program = self.root / "bin" / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.root}/called\n{text}\n')
        program.chmod(0o755)

    @property
    def asked_apt(self) -> bool:
        return "apt-" in (self.root / "called").read_text()


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def test_a_bare_board_is_asked_what_its_apt_has(board: Board) -> None:
    board.program("var/lib/apt/lists/ports_Packages.lz4")
    state = board.read(DockerPackages())
    assert state.offers == {
        "docker.io": ("29.1.3-0ubuntu3~22.04.2",),
        "docker-ce": ("5:27.5.1-1~ubuntu.22.04~jammy",),
    }
    assert state.fetch["docker.io"] == 1000, "what lies on the board is not fetched"
    assert (state.lists, state.raw_table, state.engine) == (True, True, "")


def test_a_board_that_never_fetched_lists_has_none(board: Board) -> None:
    assert not board.read(DockerPackages()).lists


@pytest.mark.parametrize(
    ("packages", "wanted", "asked"),
    [
        (WHOLE, DockerPackages(), False),
        (WHOLE, DockerPackages(version="27.5*", toolkit="1.16*"), False),
        (WHOLE.replace("27.5.1", "5:27.5.1-1"), DockerPackages(version="27.5*"), False),
        (WHOLE, DockerPackages(version="28*"), True),
        (WHOLE, DockerPackages(toolkit="1.18*"), True),
        (WHOLE, DockerPackages(engine="never", version="28*"), False),
        (WHOLE.replace("1.16.2-1 installed", "1.16.2-1 config-files"), DockerPackages(), True),
        (WHOLE.replace("27.5.1 installed", "27.5.1 half-configured"), DockerPackages(), True),
        (WHOLE.replace("27.5.1 installed", "27.5.1 triggers-pending"), DockerPackages(), False),
        ("docker.io 27.5.1 installed", DockerPackages(toolkit="never"), False),
    ],
)
def test_apt_is_asked_only_for_what_is_missing(
    board: Board, packages: str, wanted: DockerPackages, *, asked: bool
) -> None:
    board.packages = packages
    state = board.read(wanted)
    assert board.asked_apt == asked
    assert (state.offers != {}) == asked


def test_programs_without_a_package_are_left_as_they_are(board: Board) -> None:
    board.program("usr/bin/dockerd")
    board.program("usr/bin/nvidia-container-runtime")
    wanted = DockerPackages()
    state = board.read(wanted)
    assert not board.asked_apt
    assert wanted.compare(state, RunOptions()) == []
