"""The program that removes what has left the spec, in a folder that stands for a board."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from jetfleet.board import mark, remove
from jetfleet.board.place import place_of
from tests.support.corrupt import KINDS, corrupt

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mark a file")

SYSTEMCTL = """#!/bin/sh
echo "systemctl $*" >> {log}
case "$*" in
  *is-active*) exit {active} ;;
  *broken.service*) echo "Job for broken.service failed." >&2; exit 1 ;;
esac
"""
CERTIFICATES = """#!/bin/sh
echo "update-ca-certificates $*" >> {log}
"""
DOCKER = """#!/bin/sh
echo "docker $*" >> {log}
case "$*" in *inspect*) echo '{label}' ;; esac
"""
OURS = "ours\n"
CONNECTIONS = remove.CONNECTIONS


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Board:
    """A board in a folder; systemd and Docker are programs that note how they are called."""

    folder: Path
    log: Path

    def path(self, path: str) -> Path:
        return self.folder / path.lstrip("/")

    def put(self, path: str, text: str = OURS) -> Path:
        file = self.path(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return file

    def file(self, path: str, **more: Any) -> dict[str, Any]:
        about = {"sha256": [digest(OURS)], "begun": False, "marked": False, **more}
        return {"path": str(self.path(path)), **about}

    def unit(self, name: str, **more: Any) -> dict[str, Any]:
        return {"unit": name, "file": self.file(f"{UNITS}/{name}", **more)}

    def remove(self, **job: Any) -> None:
        nothing: dict[str, Any] = {
            "units": [], "services": [], "files": [], "images": [], "venvs": [],
            "mounts": [], "option": "",
            "certificates": False, "restart": [], "reload": False, "keys": [],
        }  # fmt: skip
        remove.main({**nothing, "record": str(self.path(RECORD)), **job})

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines() if self.log.exists() else []

    @property
    def record(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.path(RECORD).read_text())
        return found


UNITS = "/etc/systemd/system"
RECORD = "/var/lib/jetfleet/applied.json"
Boards = Callable[..., Board]


@pytest.fixture
def boards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Boards:
    def make(*, active: int = 3, label: str = "feed") -> Board:
        board = Board(tmp_path / "board", tmp_path / "log")
        programs = tmp_path / "bin"
        programs.mkdir()
        texts = {
            "systemctl": SYSTEMCTL, "docker": DOCKER, "update-ca-certificates": CERTIFICATES,
        }  # fmt: skip
        for name, text in texts.items():
            (programs / name).write_text(text.format(log=board.log, active=active, label=label))
            (programs / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
        for name in ("UNITS", "STATE", "TLS", "STARTED", "VENVS", "PROGRAMS"):
            monkeypatch.setattr(remove, name, str(board.path(getattr(remove, name))))
        kept = tuple(str(board.path(one)) for one in remove.FOLDERS)
        monkeypatch.setattr(remove, "FOLDERS", kept)
        if os.geteuid():
            monkeypatch.setattr("jetfleet.board.place.os.fchown", lambda *_: None)
        put = {"service:old": {}, "service:new": {}}
        board.put(RECORD, json.dumps({"schema": 2, "commit": "c", "put": put, "resources": {}}))
        return board

    return make


def test_a_service_leaves_nothing_behind(boards: Boards) -> None:
    board = boards()
    unit = "jetfleet-old.service"
    files = [f"{UNITS}/{unit}", "/etc/jetfleet/old/run", "/etc/jetfleet/old/env"]
    for path in files:
        board.put(path)
    wants = board.path(f"{UNITS}/multi-user.target.wants")
    wants.mkdir()
    (wants / unit).symlink_to(board.path(files[0]))
    board.put("/var/lib/jetfleet/services/old/ready.tar")
    for name in ("key.pem", "cert.pem", "names"):
        board.put(f"/var/lib/jetfleet/tls/old/{name}")
    board.put("/run/jetfleet/old.started")
    board.put("/run/jetfleet/new.started")
    board.put("/opt/jetfleet/old/0123456789ab/bin/ollama")
    board.remove(
        units=[board.unit(unit)], services=["old"], files=[board.file(path) for path in files],
        reload=True, keys=["service:old"],
    )  # fmt: skip
    left = {
        str(one.relative_to(board.folder)) for one in board.folder.rglob("*") if not one.is_dir()
    }
    assert left == {"var/lib/jetfleet/applied.json", "run/jetfleet/new.started"}
    assert not board.path("/etc/jetfleet/old").exists()
    assert not board.path("/opt/jetfleet").exists()
    assert not board.path("/var/lib/jetfleet/services/old").exists()
    assert not board.path("/var/lib/jetfleet/tls").exists()
    assert board.record["put"] == {"service:new": {}}
    assert board.path(RECORD).stat().st_mode & 0o777 == 0o600
    calls = board.calls
    assert calls.index(f"systemctl stop {unit}") < calls.index("systemctl daemon-reload")
    assert "docker rm -f old" in calls


def test_a_second_time_it_finds_nothing_and_ends_well(boards: Boards) -> None:
    board = boards()
    unit = "jetfleet-old.service"
    for _ in range(2):
        board.remove(
            units=[board.unit(unit)], services=["old"], reload=True, keys=["service:old"],
            files=[board.file("/etc/jetfleet/old/run")],
        )  # fmt: skip
    assert board.record["put"] == {"service:new": {}}


def test_a_connection_that_a_person_changed_is_kept_where_no_program_reads_it(
    boards: Boards, monkeypatch: pytest.MonkeyPatch
) -> None:
    """NetworkManager reads every file in its folder whose name does not begin with a dot."""
    board = boards()
    keyfile = board.put(f"{remove.CONNECTIONS}/jetfleet-eth0.nmconnection", "[changed]\n")
    monkeypatch.setattr(remove, "CONNECTIONS", str(keyfile.parent))
    board.put(RECORD, "{}")
    board.remove(files=[board.file(f"{CONNECTIONS}/jetfleet-eth0.nmconnection")])
    (kept,) = keyfile.parent.iterdir()
    assert kept.name == ".jetfleet-eth0.nmconnection.jetfleet-kept"
    assert kept.read_text() == "[changed]\n"


def test_a_removal_that_is_not_confirmed_yet_leaves_the_record(boards: Boards) -> None:
    board = boards()
    record = board.put(RECORD, "no JSON at all")
    board.remove(files=[board.file("/etc/jetfleet/old/run")])
    assert record.read_text() == "no JSON at all"


def test_a_file_that_a_person_changed_is_kept_over_no_other(boards: Boards) -> None:
    board = boards()
    path = "/etc/jetfleet/old/run"
    for number, text in enumerate(("first", "second", "third"), 1):
        board.put(path, text)
        board.remove(files=[board.file(path)])
        kept = f"{path}.jetfleet-kept" + (f"-{number}" if number > 1 else "")
        assert board.path(kept).read_text() == text
        assert not board.path(path).exists()


def test_a_file_of_another_at_a_place_that_an_apply_did_not_come_to_stays(boards: Boards) -> None:
    board = boards()
    theirs = board.put("/etc/jetfleet/old/run", "theirs")
    board.remove(files=[board.file("/etc/jetfleet/old/run", begun=True)])
    assert theirs.read_text() == "theirs"


@pytest.mark.parametrize("there", ["theirs", None])
def test_a_unit_that_an_apply_did_not_come_to_is_not_stopped(
    boards: Boards, there: str | None
) -> None:
    board = boards()
    if there:
        board.put(f"{UNITS}/jetfleet-old.service", there)
    board.remove(units=[board.unit("jetfleet-old.service", begun=True)], services=[], reload=True)
    assert board.calls == ["systemctl daemon-reload"]


def test_services_that_read_a_file_are_restarted_once_it_is_gone(boards: Boards) -> None:
    board = boards(active=0)
    path = f"{UNITS}/chrony.service.d/jetfleet-files.conf"
    board.put(path)
    board.remove(
        files=[board.file(path)], reload=True, certificates=True, restart=["chrony.service"],
        keys=["service:old"],
    )  # fmt: skip
    assert not board.path(path).parent.exists()
    assert board.calls == [
        "update-ca-certificates --fresh",
        "systemctl daemon-reload",
        "systemctl -q is-active chrony.service",
        "systemctl try-restart chrony.service",
    ]


def test_a_service_that_needs_the_file_is_named_and_the_record_keeps_it(boards: Boards) -> None:
    board = boards(active=0)
    with pytest.raises(SystemExit, match=r"broken\.service does not start without a file"):
        board.remove(restart=["broken.service"], keys=["service:old"])
    assert board.record["put"].keys() == {"service:old", "service:new"}


def test_a_service_that_went_with_its_file_is_not_restarted(boards: Boards) -> None:
    board = boards()
    board.remove(restart=["broken.service"], keys=["service:old"])
    assert board.record["put"].keys() == {"service:new"}
    assert board.calls == ["systemctl -q is-active broken.service"]


def test_a_virtual_environment_goes_and_others_stay(boards: Boards) -> None:
    board = boards()
    folder = "/usr/local/lib/jetfleet/venvs"
    names = ["jtop-0123456789ab", "jtop-fedcba987654", "jtop-theirs", "other-0123456789ab"]
    for name in names:
        board.put(f"{folder}/{name}/bin/python3")
    board.remove(venvs=["jtop"])
    assert sorted(one.name for one in board.path(folder).iterdir()) == names[2:]
    board.remove(venvs=["other"])
    assert [one.name for one in board.path(folder).iterdir()] == ["jtop-theirs"]


def test_files_beside_ours_stay(boards: Boards) -> None:
    board = boards()
    board.put("/etc/jetfleet/old/run")
    theirs = board.put("/etc/jetfleet/old/notes", "theirs")
    archive = board.put("/var/lib/jetfleet/services/old/theirs.tar", "theirs")
    board.remove(files=[board.file("/etc/jetfleet/old/run")], services=["old"])
    assert theirs.exists()
    assert archive.exists()


def test_a_container_without_the_label_stays(boards: Boards) -> None:
    board = boards(label="")
    board.remove(services=["old"])
    assert not [call for call in board.calls if call.startswith("docker rm")]


def test_a_unit_that_goes_on_is_named_and_nothing_is_removed(
    boards: Boards, capsys: pytest.CaptureFixture[str]
) -> None:
    board = boards(active=0)
    file = board.put(f"{UNITS}/jetfleet-old.service")
    with pytest.raises(SystemExit) as ended:
        board.remove(
            units=[board.unit("jetfleet-old.service")], keys=["service:old"],
            files=[board.file(f"{UNITS}/jetfleet-old.service")],
        )  # fmt: skip
    assert "jetfleet-old.service cannot be stopped" in str(ended.value)
    assert file.exists()
    assert "service:old" in board.record["put"]
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("way", ["etc", "etc/jetfleet", "etc/jetfleet/old"])
def test_no_link_is_followed_to_a_file(boards: Boards, tmp_path: Path, way: str) -> None:
    board = boards()
    board.put("/etc/jetfleet/old/run")
    real = tmp_path / "elsewhere"
    (board.folder / way).rename(real)
    (board.folder / way).symlink_to(real)
    with pytest.raises(SystemExit, match="is a link"):
        board.remove(files=[board.file("/etc/jetfleet/old/run")])
    assert len([one for one in real.rglob("*") if one.is_file()] or [real]) == 1


def test_a_link_in_the_place_of_a_file_leads_nowhere(boards: Boards, tmp_path: Path) -> None:
    board = boards()
    precious = tmp_path / "precious"
    precious.write_text(OURS)
    link = board.path("/etc/jetfleet/old/run")
    link.parent.mkdir(parents=True)
    link.symlink_to(precious)
    with pytest.raises(SystemExit, match="not a plain file"):
        board.remove(files=[board.file("/etc/jetfleet/old/run")])
    assert precious.exists()


@root_only
def test_outside_of_its_folders_only_a_marked_file_goes(boards: Boards) -> None:
    board = boards()
    ours, theirs, edited = (
        board.put(f"/etc/exporter/{one}") for one in ("ours", "theirs", "edited")
    )
    with place_of(str(ours.parent)) as place:
        for name in ("ours", "edited"):
            mark.mark(place, name)
    if not os.listxattr(ours):
        pytest.skip("this filesystem holds no trusted attributes")
    edited.write_text("edited in place")
    names = ("ours", "theirs", "edited")
    board.remove(files=[board.file(f"/etc/exporter/{one}", marked=True) for one in names])
    assert sorted(one.name for one in ours.parent.iterdir()) == ["edited.jetfleet-kept", "theirs"]
    assert theirs.read_text() == OURS


def test_a_unit_with_another_name_is_stopped_only_if_its_file_is_marked(boards: Boards) -> None:
    board = boards()
    board.put(f"{UNITS}/ssh.service", "theirs")
    units = [board.unit(name, marked=True) for name in ("ssh.service", "gone.service")]
    board.remove(units=units)
    assert board.calls == []


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "newer"])
def test_a_record_that_is_damaged_meanwhile_is_left(boards: Boards, kind: str) -> None:
    board = boards()
    board.path(RECORD).unlink()
    corrupt(board.path(RECORD), kind)
    with pytest.raises(SystemExit) as ended:
        board.remove(keys=["service:old"])
    assert ended.value.code


@pytest.mark.parametrize("step", range(12))
def test_ended_anywhere_it_is_finished_by_the_next_run(
    boards: Boards, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    """The record names what was to be removed until all of it has gone."""
    board = boards()
    unit = "jetfleet-old.service"
    paths = [f"{UNITS}/{unit}", "/etc/jetfleet/old/run", "/etc/jetfleet/old/env"]
    for path in paths:
        board.put(path)
    board.put("/var/lib/jetfleet/services/old/ready.tar")
    job = {
        "units": [board.unit(unit)], "services": ["old"], "reload": True, "keys": ["service:old"],
        "files": [board.file(path) for path in paths],
    }  # fmt: skip
    count = 0

    class Killed(BaseException):
        pass

    def dies(real: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            nonlocal count
            count += 1
            if count > step:
                raise Killed
            return real(*args, **kwargs)

        return called

    with monkeypatch.context() as patch:
        patch.setattr(remove, "run", dies(remove.run))
        patch.setattr(os, "unlink", dies(os.unlink))
        patch.setattr(os, "rename", dies(os.rename))
        try:
            board.remove(**job)
        except Killed:
            assert "service:old" in board.record["put"]
    board.remove(**job)
    left = {
        str(one.relative_to(board.folder)) for one in board.folder.rglob("*") if not one.is_dir()
    }
    assert left == {"var/lib/jetfleet/applied.json"}
    assert board.record["put"] == {"service:new": {}}
