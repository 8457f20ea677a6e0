"""The program that moves Docker's data, on real folders, with a Docker and a systemctl of the test.

The Docker of the test says what lies below the folder that its daemon.json names.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from jetfleet.board.docker_kept import COPY, MOVED, RECORD
from jetfleet.board.tree import first_difference
from jetfleet.resources import DockerLeftovers, RunOptions
from jetfleet.resources.daemon.move import Move, move_script
from jetfleet.resources.daemon.restart import BACKUP, CONFIG, STARTED_WITH, STATE, kept_script
from jetfleet.steps import LinkResolver, Run
from tests.support.cases import links

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="needs root, as the program does")

DOCKER = """root=$(sed -n 's/.*"data-root": *"\\([^"]*\\)".*/\\1/p' {config})
root=${{root:-{old}}}
case "$1 $2" in
  "image ls") cat "$root/images" ;;
  "ps -aq") ls "$root/containers" ;;
  "container inspect") for one; do :; done; echo "$one false /$one" ;;
  "volume ls") ls "$root/volumes" ;;
  "info -f") echo "$root" ;;
esac
"""
SYSTEMCTL = """case "$*" in
  *ActiveState*) cat {folder}/active ;;
  stop*) echo inactive > {folder}/active ;;
  start*) echo active > {folder}/active; {start} ;;
  restart*) echo active > {folder}/active; {start}; {restart} ;;
esac
"""
# An engine makes the folder that its settings name, with nothing in it.
START = """root=$(sed -n 's/.*"data-root": *"\\([^"]*\\)".*/\\1/p' {config})
if [ "$root" ] && [ ! -d "$root" ]; then
  mkdir -p "$root/volumes" "$root/containers"
  : > "$root/images"
fi"""


class Board:
    """Docker's old folder with all that a copy may lose, the place of the new one, programs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.old, self.new = folder / "lib/docker", folder / "nvme/docker"
        self.config = folder / "etc/daemon.json"
        for path in (self.old, folder / "nvme", self.config.parent):
            path.mkdir(parents=True)
        self.config.write_text("{}\n")
        self.fill()
        (folder / "active").write_text("active\n")
        self.program("docker", DOCKER.format(config=self.config, old=self.old))
        self.systemctl("true")
        for name in ("dockerd", "journalctl"):
            self.program(name, "true")

    def fill(self) -> None:
        (self.old / "images").write_text("sha256:1\nsha256:2\n")
        for name in ("containers/c1", "volumes/v1", "overlay2/l"):
            (self.old / name).mkdir(parents=True)
        os.mknod(self.old / "overlay2/whiteout", 0o020000, os.makedev(0, 0))
        whole = self.old / "volumes/v1/data"
        whole.write_bytes(b"x" * 5000)
        os.chown(whole, 999, 998)
        whole.chmod(0o4640)
        os.utime(whole, ns=(1, 1234567890123456789))
        os.link(whole, self.old / "volumes/v1/same")
        (self.old / "overlay2/l/ABC").symlink_to("../v1/data")
        with (self.old / "sparse").open("wb") as file:
            file.truncate(50 << 20)
        for name, value in (("user.note", b"1"), ("trusted.overlay.opaque", b"y")):
            os.setxattr(self.old / "overlay2", name, value)
        self.old.chmod(0o710)

    def program(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.folder}/called\n{text}\n')
        path.chmod(0o755)

    def systemctl(self, restart: str) -> None:
        start = START.format(config=self.config)
        text = SYSTEMCTL.format(folder=self.folder, start=start, restart=restart)
        self.program("systemctl", text)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script with the board's paths in this folder."""
        return subprocess.run(
            ["sh"],
            input=self.placed(script),
            text=True,
            capture_output=True,
            check=False,
            # On a board there is no jetfleet to import.
            cwd=self.folder,
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"},
        )

    def placed(self, script: str) -> str:
        """Return a script with the board's paths in this folder."""
        paths = {BACKUP: "etc/daemon.json.old", CONFIG: "etc/daemon.json",
                 STARTED_WITH: "run/started", STATE: "state"}  # fmt: skip
        for path, here in paths.items():
            script = script.replace(path, str(self.folder / here))
        return script

    def move(self) -> str:
        """Return what a move says at its end; empty if it went well."""
        done = self.run(self.script)
        assert done.returncode in {0, 1}, done.stderr
        assert bool(done.returncode) == bool(done.stderr.strip())
        return done.stderr.strip()

    @property
    def script(self) -> str:
        """The script of the transient unit."""
        text = json.dumps({"data-root": str(self.new)})
        move = Move(str(self.old), str(self.new))
        return move_script(move, (text, self.config.read_text()), enabled=False)

    @property
    def root(self) -> Any:
        """The folder of daemon.json."""
        return json.loads(self.config.read_text()).get("data-root")

    @property
    def runs(self) -> bool:
        return (self.folder / "active").read_text() == "active\n"


@pytest.fixture
def board(tmp_path: Path) -> Board:
    one = Board(tmp_path)
    try:
        os.setxattr(one.old, "trusted.probe", b"1")
        os.removexattr(one.old, "trusted.probe")
    except OSError:
        pytest.skip("the filesystem of the test has no trusted attributes")
    return one


def difference(one: Path, other: Path) -> str:
    fd = os.open(other, os.O_RDONLY)
    try:
        return first_difference(str(one), f"/proc/self/fd/{fd}", fd)
    finally:
        os.close(fd)


def test_everything_is_copied_and_the_old_folder_is_kept(board: Board) -> None:
    before = sorted(path.name for path in board.old.rglob("*"))
    assert board.move() == ""
    assert board.root == str(board.new)
    assert board.runs
    copied, same = board.new / "volumes/v1/data", board.new / "volumes/v1/same"
    assert copied.stat().st_ino == same.stat().st_ino
    assert (copied.stat().st_uid, copied.stat().st_gid) == (999, 998)
    assert os.getxattr(board.new / "overlay2", "trusted.overlay.opaque") == b"y"
    assert (board.new / "sparse").stat().st_blocks < 100
    assert sorted(path.name for path in board.old.rglob("*") if path.name != MOVED) == before
    assert not (board.new / COPY).exists()
    assert (board.folder / "state" / RECORD).read_text() == f"{board.old}\n"


@pytest.mark.parametrize(
    "change",
    [
        "chmod 600 {0}/volumes/v1/data", "chown 1 {0}/images", "touch {0}/images",
        "rm {0}/volumes/v1/same; cp -p {0}/volumes/v1/data {0}/volumes/v1/same",
        """python3 -c 'import os; os.removexattr("{0}/overlay2", "trusted.overlay.opaque")'""",
        "ln -sfn elsewhere {0}/overlay2/l/ABC", "rm {0}/overlay2/whiteout",
        "truncate -s 9 {0}/sparse",
    ],
)  # fmt: skip
def test_a_copy_that_differs_is_seen(board: Board, change: str) -> None:
    subprocess.run(["cp", "-a", board.old, board.new], check=True)
    assert difference(board.old, board.new) == ""
    subprocess.run(["sh", "-c", change.format(board.new)], check=True)
    assert difference(board.old, board.new)


PHASES = {
    "docker is asked": ("docker", "volume ls"),
    "docker is stopped": ("systemctl", "stop docker.socket"),
    "the folder is copied": ("cp", "-a"),
    "the copy is complete": ("sync", "-f"),
    "the copy has its name": ("systemctl", "daemon-reload"),
    "daemon.json is new": ("systemctl", "restart docker.service"),
}
"""What a move calls, phase by phase."""
STARTED = ("docker", "volume ls")
"""What it calls once Docker has its new folder: for the second time."""


def kill_at(board: Board, name: str, call: str, times: int = 1) -> None:
    """Let a program kill the move that calls it, with all that the move has started."""
    path, real = board.folder / name, board.folder / f"{name}.real"
    program = real if path.exists() else Path("/usr/bin") / name
    if path.exists():
        path.rename(real)
    path.write_text(
        f"""#!/bin/sh
case "$*" in
  "{call}"*)
    echo "$*" >> {board.folder}/reached
    [ "$(wc -l < {board.folder}/reached)" != {times} ] || kill -9 0
    ;;
esac
exec {program} "$@"
"""
    )
    path.chmod(0o755)


def killed(board: Board, name: str, call: str, times: int = 1) -> None:
    """Run a move that is killed by what it calls."""
    kill_at(board, name, call, times)
    script = board.folder / "script"
    script.write_text(board.placed(board.script))
    done = board.run(f"setsid -w sh {script}\n")
    assert done.returncode == 128 + 9, done.stderr
    assert len((board.folder / "reached").read_text().splitlines()) == times
    (board.folder / "reached").write_text("\n" * 9)


@pytest.mark.parametrize("boots", [False, True])
@pytest.mark.parametrize("phase", PHASES)
def test_a_move_killed_in_any_phase_is_completed(board: Board, phase: str, boots: bool) -> None:  # noqa: FBT001
    before = held_by(board)
    killed(board, *PHASES[phase])
    if boots:
        board.run("systemctl start docker.service")
        assert held_by(board) == before
    # As the product decides: what the engine's settings name is no longer moved to.
    if board.root is None:
        assert board.move() == ""
    else:
        board.run("systemctl restart docker.service")
        assert board.run(kept_script(str(board.new))).returncode == 0
    assert board.root == str(board.new)
    assert board.runs
    assert held_by(board) == before
    assert (board.new / "volumes/v1/same").read_bytes() == (
        board.old / "volumes/v1/data"
    ).read_bytes()
    assert not (board.new / COPY).exists()
    assert not (board.new.parent / f"docker{COPY}").exists()
    assert (board.old / MOVED).exists()


def held_by(board: Board) -> str:
    """Return what the engine has."""
    return board.run("docker image ls; docker volume ls; docker ps -aq").stdout


def test_a_run_that_died_before_it_noted_the_old_folder_notes_it(board: Board) -> None:
    killed(board, *STARTED, times=2)
    assert board.root == str(board.new)
    assert (board.new / COPY).exists()
    for _ in range(2):
        assert board.run(kept_script(str(board.new))).returncode == 0
    assert (board.folder / "state" / RECORD).read_text() == f"{board.old}\n"


def test_a_disk_that_fills_up_leaves_nothing_behind(board: Board) -> None:
    said = "cp: error writing: No space left on device"
    board.program("cp", f"mkdir -p {board.new.parent}/docker{COPY}/half; echo '{said}' >&2; exit 1")
    assert said in board.move()
    assert board.root is None
    assert board.runs
    assert list(board.new.parent.iterdir()) == []


def test_a_mount_point_is_not_a_new_folder(board: Board) -> None:
    board.new.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", board.new], check=True)
    try:
        assert f"write a folder below it as data_root, such as {board.new}/docker" in board.move()
    finally:
        subprocess.run(["umount", board.new], check=True)
    assert board.runs
    assert "systemctl stop" not in (board.folder / "called").read_text()


def test_a_copy_that_was_never_used_is_made_again(board: Board) -> None:
    board.new.mkdir()
    (board.new / COPY).write_text(json.dumps({"from": str(board.old)}))
    (board.new / "stale").write_text("x")
    assert board.move() == ""
    assert not (board.new / "stale").exists()


def test_other_data_are_not_touched(board: Board) -> None:
    board.new.mkdir()
    (board.new / "theirs").write_text("x")
    assert "has data already" in board.move()
    assert (board.new / "theirs").read_text() == "x"
    assert board.root is None
    assert board.runs


def test_without_room_docker_is_not_stopped(board: Board) -> None:
    board.program("du", "echo 99999999999999")
    assert "free: make room" in board.move()
    assert "systemctl stop" not in (board.folder / "called").read_text()


def test_an_engine_that_does_not_start_goes_back(board: Board) -> None:
    board.systemctl(f"! grep -q data-root {board.config}; exit $?")
    assert "is back" in board.move()
    assert board.root is None
    assert board.runs
    assert not board.new.exists()


def test_an_engine_that_lacks_something_goes_back(board: Board) -> None:
    board.systemctl(f"rm -rf {board.new}/volumes/v1 {board.new}/images; touch {board.new}/images")
    assert "Docker lacks 2 images, 1 volumes: it has its old settings" in board.move()
    assert board.root is None
    assert board.runs
    assert (board.old / "volumes/v1/data").exists()


def test_a_run_that_died_after_the_start_is_finished(board: Board) -> None:
    board.new.mkdir()
    (board.new / COPY).write_text(json.dumps({"from": str(board.old)}))
    assert board.run(kept_script(str(board.new))).returncode == 0
    assert not (board.new / COPY).exists()
    assert json.loads((board.old / MOVED).read_text()) == {"to": str(board.new)}


@pytest.mark.parametrize("mark", ["", "[]", '{"from": "x"}', '{"from": "/a/../b"}', "\0"])
def test_a_damaged_mark_names_nothing(board: Board, mark: str) -> None:
    board.new.mkdir()
    (board.new / COPY).write_text(mark)
    assert board.run(kept_script(str(board.new))).returncode == 0
    assert not (board.folder / "state" / RECORD).exists()


ONE, OPTIONS = DockerLeftovers(), RunOptions(prune=True)


def leftovers(board: Board) -> dict[str, int]:
    """Return the folders that a prune would remove."""
    done = board.run(ONE.survey([ONE], OPTIONS))
    assert done.returncode == 0, done.stderr
    return dict(ONE.read(done.stdout, [ONE])[ONE.key])


def prune(board: Board, state: dict[str, int]) -> str:
    """Remove folders; return what the scripts say of an error."""
    changes = ONE.compare(state, OPTIONS)
    steps = list(ONE.steps(state, changes, OPTIONS, LinkResolver(links)))
    assert len(steps) == len(state)
    return "".join(board.run(step.script).stderr for step in steps if isinstance(step, Run))


def test_prune_removes_the_old_folder_and_nothing_else(board: Board) -> None:
    assert board.move() == ""
    state = leftovers(board)
    assert list(state) == [str(board.old)]
    assert prune(board, state) == ""
    assert not board.old.exists()
    assert (board.new / "volumes/v1/data").exists()
    assert leftovers(board) == {}
    assert ONE.compare({"/x": 1}, RunOptions()) == []


def test_prune_removes_each_folder_of_several_moves(board: Board) -> None:
    assert board.move() == ""
    first, board.old, board.new = board.old, board.new, board.folder / "sd/docker"
    board.systemctl("true")
    assert board.move() == ""
    state = leftovers(board)
    assert list(state) == [str(first), str(board.old)]
    assert prune(board, state) == ""
    assert not first.exists()
    assert not board.old.exists()
    assert (board.new / "volumes/v1/data").exists()
    assert not (board.folder / "state" / RECORD).exists()


def test_prune_leaves_the_folder_that_docker_uses(board: Board) -> None:
    assert board.move() == ""
    state = leftovers(board)
    board.config.write_text("{}\n")
    assert leftovers(board) == {}
    assert "Docker uses" in prune(board, state)
    assert (board.old / "volumes/v1/data").exists()


def test_prune_leaves_the_folder_while_docker_does_not_answer(board: Board) -> None:
    assert board.move() == ""
    state = leftovers(board)
    board.program("docker", "exit 1")
    assert leftovers(board) == {}
    prune(board, state)
    assert (board.old / "volumes/v1/data").exists()
