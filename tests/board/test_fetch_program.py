"""How a model is completed on a board, by the programs that the boards run."""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jetfleet.board import fetch
from jetfleet.board.model_folder import File, Folder
from jetfleet.resources import RunOptions
from jetfleet.resources.model import Model
from jetfleet.resources.model.fetch import Fetch
from jetfleet.steps import Links
from tests.board.fetched_model import TEXTS, control, fetched, lay, made_model, marker, run


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return made_model(tmp_path / "models")


def test_staged_files_that_are_right_appear_by_one_rename(model: Model) -> None:
    lay(Path(model.staging))
    assert fetched(model) == (0, {})
    final = Path(model.folder)
    assert {path: (final / path).read_bytes() for path in TEXTS} == TEXTS
    assert not (Path(model.directory) / ".fetching").exists()
    head, *lines = marker(model)
    assert head == model.header
    found = model.read(run(Model.survey([model], RunOptions()))[1], [model])[model.key]
    assert len(lines) == 2
    assert model.compare(found, RunOptions()) == [], "a survey believes what was marked"


def test_nothing_but_the_models_files_gets_into_its_folder(model: Model) -> None:
    """As when aria2 was killed while it checked a file that it had in full."""
    staged = lay(Path(model.staging))
    for name in (*TEXTS, ".jetfleet-new", "deep er/of another lock"):
        (staged / f"{name}.aria2").write_bytes(b"control")
    assert fetched(model) == (0, {})
    final = Path(model.folder)
    inside = {str(path.relative_to(final)) for path in final.rglob("*") if path.is_file()}
    assert inside == {*TEXTS, ".jetfleet"}


def test_equal_files_of_another_revision_are_linked(model: Model) -> None:
    other = lay(Path(model.folder).with_name("r1"))
    lines = [f"{one.sha256} {one.size} 0 {one.path}\n" for one in model.files]
    (other / ".jetfleet").write_text("{}\n" + "".join(lines))
    assert run(Fetch(model, model.files).lacking()) == (0, "")
    assert fetched(model) == (0, {})
    assert all((other / path).samefile(Path(model.folder) / path) for path in TEXTS)


def test_what_another_revision_only_claims_is_not_linked(model: Model) -> None:
    other = lay(Path(model.folder).with_name("r1"), wrong="config.json")
    lines = [f"{one.sha256} {one.size} 0 {one.path}\n" for one in model.files]
    (other / ".jetfleet").write_text("{}\n" + "".join(lines))
    assert run(Fetch(model, model.files).lacking()) == (0, "config.json\n")


BLOB = hashlib.sha256(TEXTS["config.json"]).hexdigest()


def elsewhere(model: Model, **where: Any) -> Folder:
    """The model's folder, where the board may have its files in other places."""
    job = {"folder": model.folder, "staging": model.staging, "elsewhere": where}
    return Folder(job)


def config_of(model: Model) -> File:
    (found,) = (one for one in model.files if one.path == "config.json")
    return File({"path": found.path, "size": found.size, "sha256": found.sha256})


def test_a_folder_that_was_filled_by_hand_is_taken_and_nothing_is_fetched(
    model: Model, tmp_path: Path
) -> None:
    lay(tmp_path / "blobs")
    snapshot = tmp_path / "snapshot"
    for path in TEXTS:
        (snapshot / path).parent.mkdir(parents=True, exist_ok=True)
        (snapshot / path).symlink_to(tmp_path / "blobs" / path)
    filled = replace(model, filled_by_hand=str(snapshot))
    assert run(Fetch(filled, model.files).lacking()) == (0, "")
    assert fetched(filled) == (0, {})
    assert {p: (Path(model.folder) / p).read_bytes() for p in TEXTS} == TEXTS


def test_a_blob_of_a_cache_is_found_by_its_hash(model: Model, tmp_path: Path) -> None:
    for number, name in enumerate((BLOB, f"sha256-{BLOB}")):
        blobs = tmp_path / f"cache{number}/models--a--b/blobs"
        blobs.mkdir(parents=True)
        (blobs / name).write_bytes(TEXTS["config.json"])
        folder = elsewhere(model, caches=[str(tmp_path / f"cache{number}/models--*/blobs")])
        assert folder.has(config_of(model))
        (Path(model.staging) / "config.json").unlink()


@pytest.mark.parametrize("mode", [0o644, 0o664])
def test_a_file_is_linked_only_where_root_alone_may_write_it(
    model: Model, tmp_path: Path, mode: int
) -> None:
    lay(tmp_path / "hand")
    known = tmp_path / "hand/config.json"
    known.chmod(mode)
    assert elsewhere(model, folder=str(tmp_path / "hand")).has(config_of(model))
    alone = os.geteuid() == 0 and mode == 0o644
    staged = Path(model.staging) / "config.json"
    assert staged.samefile(known) == alone
    assert staged.read_bytes() == TEXTS["config.json"]


@pytest.mark.parametrize("fault", ["content", "size", "fifo", "link to nothing", "folder"])
def test_what_has_another_content_is_not_taken_and_a_partial_file_stays(
    model: Model, tmp_path: Path, fault: str
) -> None:
    hand = tmp_path / "hand"
    hand.mkdir()
    known = hand / "config.json"
    {
        "content": lambda: known.write_bytes(b"[]"),
        "size": lambda: known.write_bytes(b"{ }"),
        "fifo": lambda: os.mkfifo(known),
        "link to nothing": lambda: known.symlink_to(hand / "nothing"),
        "folder": known.mkdir,
    }[fault]()
    staged = Path(model.staging) / "config.json"
    staged.parent.mkdir(parents=True)
    staged.write_bytes(b"{")
    assert not elsewhere(model, folder=str(hand)).has(config_of(model))
    assert staged.read_bytes() == b"{"
    assert [path.name for path in staged.parent.iterdir()] == ["config.json"]


def test_a_damaged_file_is_replaced_and_the_others_stay(model: Model) -> None:
    final = lay(Path(model.folder), wrong="config.json")
    kept = (final / "deep er/it's $(a).bin").stat().st_ino
    staged = Path(model.staging) / "config.json"
    staged.parent.mkdir(parents=True)
    staged.write_bytes(TEXTS["config.json"])
    staged.chmod(0o600)
    assert fetched(model) == (0, {})
    assert (final / "config.json").read_bytes() == TEXTS["config.json"]
    assert stat.S_IMODE((final / "config.json").stat().st_mode) == 0o644
    assert (final / "deep er/it's $(a).bin").stat().st_ino == kept
    assert len(marker(model)) == 3
    assert not Path(model.staging).exists()


def test_small_files_come_with_the_job(model: Model) -> None:
    assert fetched(model, Links({}, content=TEXTS)) == (0, {})


def test_a_file_from_the_workstation_that_is_wrong_is_named(model: Model) -> None:
    status, why = fetched(model, Links({}, content={**TEXTS, "config.json": b"[]"}))
    assert status == 1
    sentence = "config.json, which the workstation sent, has another sha256 than the lock"
    assert why == {"kind": "failed", "reason": sentence}
    assert not Path(model.folder).exists()


def test_what_a_killed_try_linked_is_not_written_into(model: Model) -> None:
    other = lay(Path(model.folder).with_name("r1"))
    Path(model.staging).mkdir(parents=True)
    (Path(model.staging) / "config.json").hardlink_to(other / "config.json")
    assert fetched(model, Links({}, content={**TEXTS, "config.json": b"[]"}))[0] == 1
    assert (other / "config.json").read_bytes() == TEXTS["config.json"]


def test_a_partial_file_without_its_control_file_is_no_beginning(model: Model) -> None:
    for name in ("a", "b"):
        (Path(model.staging)).mkdir(parents=True, exist_ok=True)
        (Path(model.staging) / name).write_bytes(b"xx")
    (Path(model.staging) / "b.aria2").write_bytes(control(9))
    job = {
        "folder": model.folder, "staging": model.staging, "status": "/none", "content": {},
        "local": [],
        "suspects": [{"path": name, "size": 9, "sha256": "0" * 64} for name in ("a", "b")],
    }  # fmt: skip
    assert fetch.Fetch(job).wanted() == [1, 2]
    assert sorted(path.name for path in Path(model.staging).iterdir()) == ["b", "b.aria2"]
