"""A fetch after a fault: the model becomes complete, or one sentence says what a person must do.

A fault can leave any of the files that a fetch keeps cut off, or something else in their place.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from jetfleet.board import aria2, disk
from jetfleet.resources import RunOptions
from jetfleet.resources.model import Model, ModelFile
from jetfleet.resources.model.fetch import Fetch
from jetfleet.steps import Links
from tests.support.corrupt import KINDS, corrupt

TEXTS = {"config.json": b"{}", "deep er/it's $(a).bin": b"weights" * 1000}
SHARD = "deep er/it's $(a).bin"


class Board:
    """A folder that stands for a board, and a hub whose files are beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.hub = folder, folder / "hub"
        self.run_folder = folder / "run"
        self.run_folder.mkdir()
        files = tuple(
            ModelFile(path, len(text), hashlib.sha256(text).hexdigest())
            for path, text in TEXTS.items()
        )
        self.model = Model("cosmos", "r2", "hf:a/b", str(folder / "models"), files)
        for name, text in TEXTS.items():
            (self.hub / name).parent.mkdir(parents=True, exist_ok=True)
            (self.hub / name).write_bytes(text)
        links = {name: ((self.hub / name).as_uri(),) for name in TEXTS}
        self.fetching = Fetch(self.model, self.model.files)
        self.script = self.fetching.script(Links(links)).replace(
            "/run/jetfleet/", f"{self.run_folder}/"
        )
        programs = folder / "bin"
        programs.mkdir()
        shutil.copy(Path(__file__).parents[1] / "support/aria2.py", programs / "aria2c")
        (programs / "aria2c").chmod(0o755)
        self.environ = {**os.environ, "LC_ALL": "C", "PATH": f"{programs}:{os.environ['PATH']}"}

    def sh(self, script: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-s"], input=f"{{\n{script}\n}}\n", env=self.environ, capture_output=True,
            text=True, check=False, timeout=60,
        )  # fmt: skip

    def fetch(self) -> str:
        """Fetch; return why it failed, empty if it did not."""
        done = self.sh(self.script)
        assert "Traceback" not in done.stderr, done.stderr
        assert bool(done.returncode) is bool(done.stderr.strip()), done
        return done.stderr.strip()

    @property
    def final(self) -> Path:
        return Path(self.model.folder)

    @property
    def staged(self) -> Path:
        return Path(self.model.staging)

    def surveyed(self) -> list[str]:
        """What a survey finds wrong with the model."""
        done = self.sh(Model.survey([self.model], RunOptions()))
        state = self.model.read(done.stdout, [self.model])[self.model.key]
        return [change.sentence for change in self.model.compare(state, RunOptions())]

    def is_whole(self) -> bool:
        have = {path: (self.final / path).read_bytes() for path in TEXTS}
        return have == TEXTS and not self.surveyed()


@pytest.fixture
def board(tmp_path: Path) -> Iterator[Board]:
    return Board(tmp_path)


ODD = ("folder", "full folder", "link", "fifo")
PLACES = [
    *((f"{SHARD}.aria2", kind) for kind in KINDS),
    *((SHARD, kind) for kind in (*ODD, "empty", "huge")),
    *((name, kind) for name in (f"{SHARD}.aria2__temp", "", "deep er") for kind in ODD),
    *(("..", kind) for kind in ("empty", "link", "fifo")),
]


@pytest.mark.parametrize(("name", "kind"), PLACES)
def test_what_an_earlier_fetch_left_is_fetched_again(board: Board, name: str, kind: str) -> None:
    """A full disk leaves control files of no byte; aria2 refuses them for ever."""
    place = board.staged / name if name != ".." else board.staged.parents[1]
    if name.endswith(".aria2"):
        (board.staged / SHARD).parent.mkdir(parents=True)
        (board.staged / SHARD).write_bytes(b"x" * 500)
    corrupt(place, kind)
    assert board.fetch() == ""
    assert board.is_whole()
    assert sorted(p.name for p in Path(board.model.directory).iterdir()) == ["cosmos"]
    assert list(board.run_folder.iterdir()) == []


def test_a_control_file_that_is_cut_anywhere_is_dropped(board: Board) -> None:
    head = struct.pack(">HIIIQQI", 1, 0, 0, 1024, 7000, 0, 1)
    whole = head + b"\x80" + struct.pack(">IIII", 1, 2, 1024, 1) + b"\x40"
    part = board.staged / SHARD
    part.parent.mkdir(parents=True)
    part.write_bytes(b"x" * 500)
    control = aria2.control_file(part)
    for length in range(len(whole) + 3):
        control.write_bytes((whole + b"\0\0")[:length])
        assert aria2.can_resume(part, 7000) is (length == len(whole)), length
    control.write_bytes(whole)
    assert not aria2.can_resume(part, 7001), "of another size"
    assert not aria2.can_resume(part, 300), "longer than the whole"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((".jetfleet", kind) for kind in KINDS),
        *((name, kind) for name in (".jetfleet-new", "config.json") for kind in ODD),
    ],
)
def test_a_finished_model_is_made_whole_again(board: Board, name: str, kind: str) -> None:
    assert board.fetch() == ""
    corrupt(board.final / name, kind)
    said = board.fetch()
    if kind == "full folder" and name == "config.json":
        assert said == f"{board.final / name} is not a file: move it away, then run again"
        return
    assert said == ""
    assert board.is_whole()
    assert not (board.final / ".jetfleet-new").exists()


@pytest.mark.parametrize("kind", ["empty", "link", "fifo"])
@pytest.mark.parametrize("place", ["folder", "directory"])
def test_what_a_person_put_in_the_way_is_named(board: Board, place: str, kind: str) -> None:
    path = Path(getattr(board.model, place))
    corrupt(path, kind)
    assert board.fetch() == f"{path} is not a folder: move it away, then run again"
    assert path.lstat(), "it is still there"


@pytest.mark.parametrize("kind", ODD)
def test_what_a_job_keeps_below_run_is_replaced(board: Board, kind: str) -> None:
    unit = board.fetching.unit
    for name in (f"{unit}.json", f"{unit}.json.hub.meta4", f"{unit}.json.seeds.meta4"):
        corrupt(board.run_folder / name, kind)
    assert board.fetch() == ""
    assert board.is_whole()
    assert [path.name for path in board.run_folder.iterdir()] == []


def test_a_control_file_beside_a_finished_file_is_removed(board: Board) -> None:
    assert board.fetch() == ""
    (board.final / "config.json.aria2").write_bytes(b"")
    (board.final / "of a person").write_bytes(b"")
    assert board.surveyed() == ["config.json.aria2 of model cosmos was left by a fetch"]
    assert board.fetch() == ""
    assert board.surveyed() == []
    assert (board.final / "of a person").exists()


def test_too_little_room_is_named_before_the_first_byte(board: Board) -> None:
    free = shutil.disk_usage(board.folder).free
    text = board.script.replace('"size": 7000', f'"size": {free}')
    done = board.sh(text)
    assert done.returncode == 1
    place = disk.mount_of(board.folder)
    assert done.stderr.startswith(f"no space left on {place}: "), done.stderr
    assert "MiB are needed; free some (`jetfleet prune` removes unused models)" in done.stderr
    assert not any(path.is_file() for path in board.staged.rglob("*"))
