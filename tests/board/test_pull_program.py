"""The program that pulls an image, with a docker of the test: what a power cut left is not used."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from jetfleet.steps import pull

UNIT, REFERENCE, LABEL = "jetfleet-pull-1", "ghcr.io/x/y@sha256:aaaa", "ours"
BOOT = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii")

# It keeps what it has in a file: `layer` if it has a layer that no image has, `image` for one that
# can be read, and `damaged` for one that cannot.
DOCKER = """#!/bin/sh
has={folder}/has
echo "$1" >> {folder}/called
case $1 in
  pull)
    [ -z "${{fails:-}}" ] || {{ echo 'connection refused' >&2; exit "$fails"; }}
    case $(cat $has) in
      layer) echo 'abc: Already exists'; echo damaged > $has ;;
      '') echo 'abc: Pull complete'; echo "${{gets:-image}}" > $has ;;
      *) echo 'Status: Image is up to date' ;;
    esac ;;
  images) grep -q . $has && ! grep -q layer $has && echo sha256:1; true ;;
  ps) [ ! -e {folder}/ours ] || [ "$6" != label=ours ] || echo c1 ;;
  rm) rm {folder}/"$([ "$3" = c1 ] && echo ours)" ;;
  rmi)
    if [ -n "${{used:-}}" ] || [ -e {folder}/ours ]; then echo 'is being used' >&2; exit 1; fi
    : > $has ;;
  image) grep -q image $has ;;
  info) echo {folder}; cat {folder}/driver 2>/dev/null; true ;;
esac
"""


class Board:
    """A folder with a docker, and the mark of the pull."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.marks = folder / "pulls"
        self.mark = self.marks / UNIT
        self.docker("")
        (folder / "docker").write_text(DOCKER.format(folder=folder))
        (folder / "docker").chmod(0o755)
        (folder / "sync").write_text(f'#!/bin/sh\necho "$*" >> {folder}/synced\n')
        (folder / "sync").chmod(0o755)

    def docker(self, has: str) -> None:
        (self.folder / "has").write_text(has)

    def cut(self, mark: str = "another boot\n") -> None:
        """Leave the mark of a pull that began in an earlier boot."""
        self.marks.mkdir()
        self.mark.write_text(mark)

    def pull(self, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the script that a unit runs."""
        script = pull.pull_script(UNIT, REFERENCE, LABEL)
        for root in ("/var/lib/jetfleet", "/run/docker"):
            script = script.replace(root, str(self.folder))
        (self.folder / "called").write_text("")
        path = f"{self.folder}:{os.environ['PATH']}"
        return subprocess.run(
            ["sh", "-c", script], env={"PATH": path, **environ}, text=True, capture_output=True,
            check=False, timeout=20,
        )  # fmt: skip

    @property
    def called(self) -> list[str]:
        return (self.folder / "called").read_text().split()

    @property
    def sound(self) -> bool:
        """Docker has the image, of layers that were pulled since the cut, and no mark is left."""
        return (self.folder / "has").read_text() == "image\n" and not list(self.marks.iterdir())


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def test_a_pull_is_done_once_all_of_it_is_on_the_disk(board: Board) -> None:
    assert board.pull().returncode == 0
    assert board.sound
    assert board.called == ["pull", "image", "info"]
    assert board.marks.stat().st_mode & 0o777 == 0o700


def test_the_folder_of_containerd_is_on_the_disk_too(board: Board, tmp_path: Path) -> None:
    (tmp_path / "driver").write_text('[["driver-type","io.containerd.snapshotter.v1"]]\n')
    (tmp_path / "systemctl").write_text("#!/bin/sh\necho 0\n")
    (tmp_path / "systemctl").chmod(0o755)
    (tmp_path / "containerd").mkdir()
    (tmp_path / "containerd/containerd.toml").write_text(f'root = "{tmp_path}/store"\n')
    (tmp_path / "store").mkdir()
    assert board.pull().returncode == 0
    synced = (tmp_path / "synced").read_text().splitlines()
    assert [f"-f -- {tmp_path}", f"-f -- {tmp_path}/store"] == synced[2:4]


def test_a_pull_that_fails_leaves_its_mark_and_its_reason(board: Board) -> None:
    done = board.pull(fails="7")
    assert (done.returncode, done.stderr) == (7, "connection refused\n")
    assert board.mark.read_text() == BOOT
    assert board.pull().returncode == 0
    assert board.sound
    assert "rmi" not in board.called, "in the same boot nothing was lost"


@pytest.mark.parametrize("has", ["", "layer", "damaged\n", "image\n"])
def test_after_a_power_cut_nothing_of_an_unfinished_pull_is_used(board: Board, has: str) -> None:
    board.docker(has)
    board.cut()
    assert board.pull().returncode == 0
    assert board.sound
    assert board.called.count("rmi") == bool(has)


def test_an_image_that_docker_cannot_read_is_pulled_again(board: Board) -> None:
    board.docker("damaged\n")
    assert board.pull().returncode == 0
    assert board.sound
    assert board.called.count("rmi") == 1


def test_one_that_never_can_be_read_is_named(board: Board) -> None:
    done = board.pull(gets="damaged")
    assert done.returncode == 1
    assert done.stderr.endswith("look at `journalctl -u docker` and `dmesg`, and run again\n")
    assert board.mark.exists()


def test_one_that_is_in_use_is_named(board: Board) -> None:
    board.docker("image\n")
    board.cut()
    done = board.pull(used="1")
    assert done.returncode == 1
    assert "remove the containers that have it, and run again" in done.stderr
    assert board.mark.read_text() == "another boot\n"


def test_a_service_that_its_unit_started_at_the_boot_is_in_nobodys_way(board: Board) -> None:
    board.docker("image\n")
    (board.folder / "ours").touch()
    board.cut()
    assert board.pull().returncode == 0
    assert board.sound


def test_a_pull_that_is_killed_after_a_cut_is_still_in_doubt(board: Board) -> None:
    board.docker("layer")
    board.cut()
    assert board.pull(fails="137").returncode == 137
    assert board.mark.read_text() == "another boot\n"


DAMAGES: dict[str, Callable[[Path], object]] = {
    "empty": lambda path: path.write_text(""),
    "rubbish": lambda path: path.write_bytes(os.urandom(3000)),
    "empty folder": lambda path: path.mkdir(),
    "link": lambda path: path.symlink_to("/nowhere"),
    "pipe": os.mkfifo,
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_mark_harms_nobody(board: Board, damage: str) -> None:
    board.marks.mkdir()
    DAMAGES[damage](board.mark)
    assert board.pull().returncode == 0
    assert board.sound


def test_a_foreign_file_behind_a_link_stays(board: Board, tmp_path: Path) -> None:
    (tmp_path / "theirs").write_text("precious")
    board.marks.mkdir()
    board.mark.symlink_to(tmp_path / "theirs")
    assert board.pull().returncode == 0
    assert board.sound
    assert (tmp_path / "theirs").read_text() == "precious"


def test_a_full_folder_in_its_place_is_named(board: Board) -> None:
    (board.mark / "full").mkdir(parents=True)
    done = board.pull()
    assert (done.returncode, done.stderr) == (1, f"{board.mark} is a folder: move it away\n")
