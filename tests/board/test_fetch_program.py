"""How a model is completed on a board, by the programs that the boards run."""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
import struct
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jetfleet.board import fetch
from jetfleet.board.metalink import metalink
from jetfleet.board.model_folder import File, Folder
from jetfleet.resources import RunOptions
from jetfleet.resources.model import Model, ModelFile
from jetfleet.resources.model.fetch import Fetch
from jetfleet.steps import Links

TEXTS = {"config.json": b"{}", "deep er/it's $(a).bin": b"weights" * 1000}


@pytest.fixture
def model(tmp_path: Path) -> Model:
    """A model of two files that is nowhere yet."""
    files = tuple(
        ModelFile(path, len(text), hashlib.sha256(text).hexdigest()) for path, text in TEXTS.items()
    )
    return Model("cosmos", "r2", "hf:a/b", str(tmp_path / "models"), files)


def run(script: str) -> tuple[int, str]:
    """Run a script; return its status and what it printed."""
    done = subprocess.run(
        ["sh", "-s"], input=f"{{\n{script}\n}}\n", capture_output=True, text=True, check=False,
        env={**os.environ, "LC_ALL": "C"},
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout


def fetched(model: Model, links: Links | None = None) -> tuple[int, dict[str, Any]]:
    """Fetch the model here; return the status, and what the program left of why."""
    one = Fetch(model, model.files)
    state = Path(model.directory).parent
    script = one.script(links or Links({})).replace("/run/jetfleet/", f"{state}/")
    status, _ = run(script)
    why = state / f"{one.unit}.json"
    assert not list(state.glob("*.meta4"))
    return status, json.loads(why.read_text()) if why.exists() else {}


def lay(folder: Path, *, wrong: str = "") -> Path:
    """Lay out the model's files."""
    for name, text in TEXTS.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x" * len(text) if name == wrong else text)
    return folder


def control(size: int, piece: int = 1 << 20) -> bytes:
    """The control file of aria2 of a file of which nothing is there yet."""
    bits = math.ceil(math.ceil(size / piece) / 8)
    return struct.pack(">HIIIQQI", 1, 0, 0, piece, size, 0, bits) + bytes(bits) + bytes(4)


def marker(model: Model) -> list[str]:
    return (Path(model.folder) / ".jetfleet").read_text().splitlines()


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


# As aria2 1.36 prints them, shortened.
STATUS = "errorCode=22 URI=https://h/x {} The response status is not successful. status={}"
HANDSHAKE = "errorCode=1 SSL/TLS handshake failure: {}"
SEGMENT = "errorCode=1 Failed to read from the segment file /m/x.aria2"


@pytest.mark.parametrize(
    ("status", "line", "kind"),
    [
        (-9, "", "again"),
        (2, "errorCode=2 Timeout.", "again"),
        (22, STATUS.format("", 401), "denied"),
        (22, STATUS.format("", 403), "denied"),
        (24, "errorCode=24 Authorization failed.", "denied"),
        (22, STATUS.format("", 503), "again"),
        (1, "errorCode=19 Failed to resolve", "again"),
        (8, "errorCode=8 Invalid range header.", "ranges"),
        (32, "errorCode=32 Checksum error detected. file=/m/x", "checksum"),
        (5, "errorCode=5 Too slow Downloading speed", "again"),
        (29, "errorCode=29 overloaded", "again"),
        (7, "", "again"),
        (3, "errorCode=3 Resource not found", "missing"),
        (22, STATUS.format("", 404), "missing"),
        (22, STATUS.format("", 410), "missing"),
        (22, STATUS.format("", 418), "refused"),
        (22, STATUS.format("", 416), "ranges"),
        (22, STATUS.format("", 501), "refused"),
        (22, "errorCode=22 Unexpected status 204", "refused"),
        (23, "errorCode=23 Too many redirects", "refused"),
        (28, "errorCode=28 unrecognized option", "failed"),
        (1, HANDSHAKE.format("not signed by known authorities or invalid"), "tls"),
        (1, HANDSHAKE.format("`not signed by known', `not activated yet'"), "tls"),
        (1, HANDSHAKE.format("Error in the pull function."), "again"),
        (1, HANDSHAKE.format("hostname does not match"), "tls"),
        (1, "errorCode=1 Failed to establish connection, cause: Connection refused", "again"),
        (1, SEGMENT, "failed"),
        (9, "errNum=28 errorCode=9 Failed to write into the file, cause: No space left", "person"),
        (16, "errNum=30 errorCode=16 Failed to open the file, cause: Read-only file", "person"),
        (17, "errNum=5 errorCode=17 Failed to write, cause: Input/output error", "person"),
        (1, "", "failed"),
    ],
)
def test_codes_decide_what_helps(status: int, line: str, kind: str) -> None:
    failed = fetch.failure(status, [line] if line else [])
    assert failed.kind == kind
    assert str(failed)


def test_a_metalink_holds_any_name_and_link(tmp_path: Path) -> None:
    file = File({"path": 'a "b" <c>&', "size": 3, "sha256": "0" * 64})
    text = metalink([file], {file.path: ["https://h/?a=1&b=<", "https://i/"]})
    space = "{urn:ietf:params:xml:ns:metalink}"
    (entry,) = ET.fromstring(text)  # noqa: S314 - our own
    assert entry.get("name") == file.path
    assert [url.text for url in entry.iter(f"{space}url")] == ["https://h/?a=1&b=<", "https://i/"]
    private = tmp_path / "links"
    private.touch(mode=0o644)
    fetch.write_private(private, text)
    assert stat.S_IMODE(private.stat().st_mode) == 0o600


def test_links_are_in_no_argument(model: Model) -> None:
    script = Fetch(model, model.files).script(Links({"config.json": ("https://h/?Sig=s3",)}))
    assert "s3" not in script.partition("<<")[0]
    assert Folder({"folder": model.folder, "staging": model.staging}).stage.is_dir()


@pytest.mark.parametrize(
    ("status", "printed", "failed"),
    [
        (1, "Traceback (most recent call last):\nKeyError: 'urls'", "KeyError: 'urls'; run"),
        (127, "/run/jetfleet/x.sh: 3: python3: not found", "python3: not found; run"),
        (137, "Killed", "ended from outside"),
    ],
)
def test_a_program_that_left_no_reason(
    model: Model, status: int, printed: str, failed: str
) -> None:
    """What it printed last is the reason, and it was killed only if its exit status says so."""
    look = (
        f"ActiveState=failed\nResult=exit-code\nExecMainStatus={status}\n-- log\n{printed}\n"
        "bytes=7\nbytes=staged\n-- status\n"
    )
    assert failed in Fetch(model, model.files).judge(look).failed


@pytest.mark.parametrize(
    ("state", "told", "failed"),
    [
        ("ActiveState=active\nResult=success", "bytes=7", ""),
        ("ActiveState=inactive\nResult=success", "bytes=", ""),
        ("ActiveState=inactive\nResult=success", "bytes=7\nbytes=staged", "ended from outside"),
        ("ActiveState=failed\nResult=signal", "bytes=7\nbytes=staged", "ended from outside"),
        ("ActiveState=failed\nResult=exit-code", "bytes=7\nbytes=staged", "no route; run again"),
    ],
)
def test_the_reason_is_what_the_program_left(
    model: Model, state: str, told: str, failed: str
) -> None:
    why = '{"kind": "failed", "reason": "no route"}'
    progress = Fetch(model, model.files).judge(f"{state}\n-- log\nx\n{told}\n-- status\n{why}\n")
    assert failed in progress.failed
    assert bool(failed) is bool(progress.failed)
    assert progress.done is (not failed and "=active" not in state)
