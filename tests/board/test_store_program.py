"""The program that puts a model into an Ollama store, in which others sow links as it works."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from jetfleet.board import store
from jetfleet.resources import ModelFile, OllamaModel, RunOptions
from jetfleet.resources.ollama import StoreState
from jetfleet.steps import LinkResolver, Refused, Run
from tests.support.cases import links

PRECIOUS = "precious root file"
BLOB, OTHER = (f"blobs/sha256-{hashlib.sha256(text).hexdigest()}" for text in (b"one", b"two"))
MANIFEST = "manifests/registry.ollama.ai/library/qwen3/1.7b"
NEW = ".jetfleet-new"
FILES = [BLOB, OTHER, MANIFEST]
BESIDE = [f"blobs/{NEW}", str(Path(MANIFEST).with_name(NEW))]
FOLDERS = ["blobs", *(str(folder) for folder in list(Path(MANIFEST).parents)[:-1])]


class Board:
    """A verified model, a store, and what root must not touch."""

    def __init__(self, folder: Path) -> None:
        self.store, self.victims = folder / "store", folder / "victims"
        model = folder / "model"
        texts = {BLOB: b"one", OTHER: b"two", MANIFEST: b'{"schemaVersion":2}'}
        for path, text in texts.items():
            (model / path).parent.mkdir(parents=True, exist_ok=True)
            (model / path).write_bytes(text)
        self.store.mkdir()
        self.victims.mkdir()
        (self.victims / "file").write_text(PRECIOUS)
        (self.victims / "file").chmod(0o600)
        (self.victims / "folder").mkdir()
        self.before = self.facts()
        files = [
            ModelFile(path, len(t), hashlib.sha256(t).hexdigest()) for path, t in texts.items()
        ]
        blobs, manifest = tuple(files[:2]), files[2]
        self.model = OllamaModel("qwen3", str(model), str(self.store), blobs, manifest)

    def facts(self) -> list[tuple[object, ...]]:
        """Everything of the victims that root could change."""
        return [
            (path.name, found.st_mode, found.st_uid, found.st_gid, found.st_nlink, found.st_size)
            for path in sorted([self.victims, *self.victims.rglob("*")])
            for found in [path.lstat()]
        ]

    def safe(self) -> bool:
        return self.facts() == self.before and (self.victims / "file").read_text() == PRECIOUS

    def survey(self) -> StoreState:
        return read(self.model, work({"survey": [self.model.job(self.model.blobs)]})[1])

    def put(self) -> str:
        """Put it in as an apply whose survey was before anything was sown; return the error."""
        more = {"folder": self.model.folder, "sha256": self.model.manifest.sha256}
        return work({**self.model.job(self.model.blobs), **more})[0]

    def whole(self) -> bool:
        paths = [self.store / path for path in FILES]
        plain = all(path.is_file() and not path.is_symlink() for path in paths)
        return plain and self.model.observed(self.survey()) == self.model.attributes

    def give(self, user: int) -> None:
        """Make the store another user's, as for an Ollama that is installed on the board."""
        if os.geteuid():
            pytest.skip("only root can give a folder away")
        os.chown(self.store, user, user)


def work(job: dict[str, Any]) -> tuple[str, str]:
    """Run the program in this process; return its error and its output."""
    printed, mask = StringIO(), os.umask(0o022)
    try:
        with redirect_stdout(printed):
            store.main(job)
    except SystemExit as error:
        return str(error), printed.getvalue()
    finally:
        os.umask(mask)
    return "", printed.getvalue()


def read(model: OllamaModel, printed: str) -> StoreState:
    return OllamaModel.read(printed, [model])[model.key]


def run(script: str) -> str:
    done = subprocess.run(["sh", "-s"], input=script, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def link_to(target: str) -> Callable[[Board, Path], None]:
    return lambda board, at: at.symlink_to(board.victims / target)


def fifo(_: Board, at: Path) -> None:
    os.mkfifo(at)


def hard_link(board: Board, at: Path) -> None:
    at.hardlink_to(board.victims / "file")
    board.before = board.facts()


def device(_: Board, at: Path) -> None:
    at.symlink_to("/dev/zero")


def full_folder(_: Board, at: Path) -> None:
    (at / "full").mkdir(parents=True)


SOWN = {
    "a link to a file": link_to("file"),
    "a link to a folder": link_to("folder"),
    "a link to nothing": link_to("nothing"),
    "a link to a device": device,
    "a FIFO": fifo,
    "a hard link": hard_link,
}


def sow(board: Board, path: str, kind: str) -> None:
    at = board.store / path
    at.parent.mkdir(parents=True, exist_ok=True)
    SOWN[kind](board, at)


def test_a_model_is_put_into_an_empty_store(board: Board) -> None:
    board.store.rmdir()
    (step,) = board.model.steps(StoreState({}, {}), (), RunOptions(), LinkResolver(links))
    assert isinstance(step, Run)
    assert run(step.script) == ""
    state = read(board.model, run(OllamaModel.survey([board.model], RunOptions())))
    assert not board.model.compare(state, RunOptions())
    assert (board.store / BLOB).samefile(Path(board.model.folder) / BLOB), "it takes no room twice"


@pytest.mark.parametrize("kind", SOWN)
@pytest.mark.parametrize("path", [*FILES, *BESIDE])
@pytest.mark.parametrize("user", [0, 1234])
def test_a_link_where_a_file_comes_is_replaced(
    board: Board, path: str, kind: str, user: int
) -> None:
    if user:
        board.give(user)
    sow(board, path, kind)
    assert board.put() == ""
    assert kind == "a hard link" or board.safe()
    assert (board.victims / "file").read_text() == PRECIOUS
    assert (board.victims / "file").stat().st_uid == os.geteuid()
    assert not list(board.store.rglob(NEW))
    assert board.whole()
    assert (board.store / MANIFEST).stat().st_uid == (user or os.geteuid())


@pytest.mark.parametrize("kind", [kind for kind in SOWN if kind != "a hard link"])
@pytest.mark.parametrize("path", FOLDERS)
def test_a_link_where_a_folder_is_refused_in_one_sentence(
    board: Board, path: str, kind: str
) -> None:
    sow(board, path, kind)
    (line,) = board.put().splitlines()
    assert f"{board.store}/{path} is " in line
    assert "remove it" in line or "move it away" in line
    assert board.safe()


@pytest.mark.parametrize("path", FOLDERS)
def test_a_plan_refuses_a_store_with_a_link_in_it(board: Board, path: str) -> None:
    sow(board, path, "a link to a folder")
    if path != "blobs":
        (board.store / "blobs").mkdir(exist_ok=True)
    with pytest.raises(Refused, match=r"cannot be put into .* is a link, which root does not"):
        board.model.compare(board.survey(), RunOptions())


@pytest.mark.parametrize("kind", SOWN)
@pytest.mark.parametrize("path", FILES)
def test_a_survey_reads_plain_files_and_never_waits(board: Board, path: str, kind: str) -> None:
    board.put()
    (board.store / path).unlink()
    sow(board, path, kind)
    assert board.model.compare(board.survey(), RunOptions())
    board.put()
    assert board.whole()


def test_a_survey_reads_no_large_manifest(board: Board) -> None:
    board.put()
    os.truncate(board.store / MANIFEST, 1 << 40)
    assert board.model.compare(board.survey(), RunOptions())


def test_a_folder_of_roots_is_not_given_away(board: Board) -> None:
    board.give(1234)
    (board.store / "blobs").symlink_to(board.victims / "folder")
    assert "is a link" in board.put()
    assert board.safe()


def test_what_is_new_belongs_to_the_owner_of_the_store(board: Board) -> None:
    board.give(1234)
    assert board.put() == ""
    for path in [*FOLDERS, MANIFEST]:
        assert (board.store / path).stat().st_uid == 1234, path
    assert (board.store / BLOB).stat().st_uid == 0, "a verified file stays root's"


def test_a_link_that_only_root_can_have_made_is_followed(board: Board, tmp_path: Path) -> None:
    """As /data, which leads to the NVMe."""
    real = tmp_path / "nvme"
    board.store.rename(real)
    board.store.symlink_to(real)
    tmp_path.chmod(0o755)
    assert board.put() == ""
    assert (real / MANIFEST).is_file()


def test_a_link_to_the_store_in_a_folder_of_others_is_refused(board: Board, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    board.store.rename(home / "store")
    (home / "store").rename(tmp_path / "store")
    (home / "link").symlink_to(board.victims / "folder")
    home.chmod(0o777)
    board.model = OllamaModel(
        "qwen3", board.model.folder, str(home / "link"), board.model.blobs, board.model.manifest
    )
    assert f"{home}/link is a link" in board.put()
    assert board.safe()


@pytest.fixture
def swapper(board: Board) -> Iterator[None]:
    """A process that makes blobs a link and a folder in turn, as fast as it can."""
    (board.store / "blobs").mkdir()
    loop = f"""
import os
os.chdir({str(board.store)!r})
os.symlink({str(board.victims / "folder")!r}, "link")
while True:
    os.rename("blobs", "kept")
    os.rename("link", "blobs")
    os.rename("blobs", "link")
    os.rename("kept", "blobs")
"""
    process = subprocess.Popen(["python3", "-c", loop])
    yield
    process.kill()
    process.wait()


@pytest.mark.usefixtures("swapper")
def test_a_link_that_comes_and_goes_leads_nowhere(board: Board) -> None:
    for _ in range(300):
        board.put()
        assert board.safe()
