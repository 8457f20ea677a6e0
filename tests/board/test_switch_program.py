"""The dead man's switch on a board, with a systemd of the test and a folder of its own."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from jetfleet.board import mark, program, switch
from jetfleet.board.place import Unsafe, place_of
from jetfleet.steps import switch as steps
from jetfleet.steps.program import modules_of
from tests.support.corrupt import KINDS, corrupt

PSK = "psk=canary-of-a-network"


class Board:
    """A folder with settings, the switch's own folder, and programs that answer as a board's."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.state = folder / "var/lib/jetfleet/switch"
        self.unit = folder / "etc/systemd/system/jetfleet-switch-boot.service"
        self.wanted = self.unit.parent / "multi-user.target.wants" / self.unit.name
        self.config = folder / "etc/settings"
        self.new = folder / "etc/new"
        self.config.parent.mkdir()
        self.config.write_text("old\n")
        self.config.chmod(0o640)
        self.program("systemctl", 'case "$*" in *is-active*) exit 3 ;; esac')
        self.program("systemd-run", "")
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def program(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.folder}/called\n{text}\n')
        path.chmod(0o755)

    def arm(self, **job: Any) -> str:
        """Arm it for both files; return the id of the change."""
        given: Mapping[str, Any] = {
            "name": "the settings",
            "files": [str(self.config), str(self.new)],
            "undo": f"echo undone >> {self.folder}/undone\n",
            "seconds": 75,
            "work": 5,
            "change": "",
            "modules": modules_of(steps._PROGRAMS),
            "launch": program("launch.py"),
        }
        answer = self.ask("arm", **{**given, **job})
        assert answer["state"] == "armed"
        return str(answer["id"])

    def ask(self, action: str, **job: Any) -> dict[str, Any]:
        """Return what the program answers."""
        places = {"folder": str(self.state), "boot_unit": str(self.unit)}
        own = switch.Switch(str(self.state), str(self.unit))
        mask = os.umask(0o022)
        try:
            return switch.act(own, {"action": action, **places, **job})
        finally:
            os.umask(mask)

    def change(self) -> None:
        """Change the settings as a person would not have them."""
        self.config.write_text("wrong\n")
        self.config.chmod(0o600)
        self.new.write_text(PSK)

    def set(self, name: str, value: object) -> None:
        """Change what the switch has noted of the change that waits."""
        path = self.state / "armed.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), name: value}))

    @property
    def is_as_before(self) -> bool:
        mode = self.config.stat().st_mode & 0o777
        return (self.config.read_text(), mode, self.new.exists()) == ("old\n", 0o640, False)

    @property
    def kept(self) -> set[str]:
        return {path.name for path in self.state.iterdir()}

    @property
    def undone(self) -> bool:
        return (self.folder / "undone").exists()

    @property
    def called(self) -> str:
        return (self.folder / "called").read_text()


@pytest.fixture
def board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Board:
    tmp_path.chmod(0o755)
    return Board(tmp_path, monkeypatch)


def test_a_change_that_is_not_confirmed_is_undone(board: Board) -> None:
    if not os.geteuid():
        os.chown(board.config, 1234, 1235)
    before = board.config.stat()
    change = board.arm()
    board.change()
    answer = board.ask("put_back")
    after = board.config.stat()
    assert board.is_as_before
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)
    assert board.undone
    assert (answer["state"], answer["why"], answer["undo"]) == ("back", "timer", "")
    assert board.ask("confirm", id=change)["state"] == "back"
    assert 0 <= board.ask("confirm", id=change)["ago"] < 60
    assert board.kept == {"back.json", "lock", "busy"}
    assert not board.unit.exists()
    assert not os.path.lexists(board.wanted)


def test_a_confirmed_change_stays(board: Board) -> None:
    change = board.arm()
    board.change()
    assert board.ask("confirm", id=change) == {"state": "confirmed"}
    assert board.config.read_text() == "wrong\n"
    assert "systemctl stop jetfleet-switch.timer\n" in board.called
    assert board.kept <= {"lock", "busy"}
    assert not board.unit.exists()
    assert board.ask("put_back")["state"] == "unknown"
    assert board.config.read_text() == "wrong\n"
    assert not board.undone


def test_the_timer_counts_without_a_clock_and_runs_what_is_kept(board: Board) -> None:
    board.arm()
    board.change()
    line = next(one for one in board.called.splitlines() if one.startswith("systemd-run"))
    assert "--on-active=75s" in line
    assert "--on-calendar" not in line
    command = line.partition("/bin/sh -c ")[2]
    assert "psk" not in board.called
    subprocess.run(["sh", "-c", command], check=True, capture_output=True)
    assert board.is_as_before
    assert board.undone


def test_only_root_reads_what_is_kept(board: Board) -> None:
    board.new.write_text(PSK)
    board.arm(change=f"echo {PSK} > {board.new}\n")
    assert board.state.stat().st_mode & 0o777 == 0o700
    files = [path for path in board.state.iterdir() if path.name not in {"lock", "busy"}]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert "canary" not in board.called + board.unit.read_text()


def test_a_reboot_in_between_puts_the_files_back_before_the_network(board: Board) -> None:
    change = board.arm()
    board.change()
    assert board.wanted.resolve() == board.unit
    text = board.unit.read_text()
    assert "Before=network-pre.target NetworkManager.service ssh.service" in text
    assert f"ConditionPathExists={board.state}/armed.json" in text
    board.set("boot", "another boot")
    command = text.partition("ExecStart=")[2].splitlines()[0]
    subprocess.run(["sh", "-c", command], check=True, capture_output=True)
    assert board.is_as_before
    assert not board.undone, "what reads the files has not started yet"
    answer = board.ask("confirm", id=change)
    assert (answer["state"], answer["why"]) == ("back", "boot")
    assert not board.unit.exists()


def test_there_is_one_change_at_a_time(board: Board) -> None:
    board.arm()
    board.program("systemctl", "")  # the timer runs
    with pytest.raises(switch.Failed, match=r"a change of the settings waits .*run again in 7\d s"):
        board.arm(name="another one")


def test_a_change_whose_timer_died_is_undone_before_the_next(board: Board) -> None:
    board.arm()
    board.change()
    board.arm()
    assert board.is_as_before
    assert board.undone


def test_a_change_waits_until_it_is_made(board: Board) -> None:
    change = board.arm(change=f"echo made > {board.config}\n")
    assert "--unit=jetfleet-switch-change --on-active=1s" in board.called
    assert board.ask("confirm", id=change) == {"state": "pending"}
    assert board.ask("change") == {"state": "changed"}
    assert board.config.read_text() == "made\n"
    assert board.ask("confirm", id=change) == {"state": "confirmed"}


def test_a_change_that_fails_is_undone_at_once(board: Board) -> None:
    change = board.arm(change=f"echo half > {board.config}\necho no such device\nexit 4\n")
    answer = board.ask("change")
    assert (answer["state"], answer["why"]) == ("back", "change")
    assert answer["failed"] == "no such device"
    assert board.is_as_before
    assert board.ask("confirm", id=change)["failed"] == "no such device"


def test_a_change_that_has_undone_itself_restarts_nothing(board: Board) -> None:
    change = board.arm()
    assert board.ask("put_back", id=change, why="change")["state"] == "back"
    assert not board.undone


def test_a_change_of_another_run_is_not_undone(board: Board) -> None:
    board.arm()
    board.change()
    assert board.ask("put_back", id="of another run", why="change")["state"] == "unknown"
    assert board.config.read_text() == "wrong\n"


def test_what_is_at_work_is_not_undone(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch, "LATE_SECONDS", 0)
    board.arm(work=30)
    board.change()
    with (board.state / "busy").open("a") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        timer = threading.Thread(target=board.ask, args=("put_back",))
        timer.start()
        time.sleep(1)
        assert board.config.read_text() == "wrong\n"
    timer.join(10)
    assert board.is_as_before


def test_what_was_at_work_at_the_end_of_the_timer_can_be_confirmed(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = board.arm(work=30)
    board.change()
    timer = threading.Thread(target=board.ask, args=("put_back",))
    with (board.state / "busy").open("a") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        timer.start()
        time.sleep(0.5)
    time.sleep(0.5)
    assert board.ask("confirm", id=change) == {"state": "confirmed"}
    timer.join(10)
    assert board.config.read_text() == "wrong\n"
    assert not board.undone
    assert "systemctl stop jetfleet-switch.service\n" in board.called
    monkeypatch.setattr(switch, "LATE_SECONDS", 1)
    board.arm(work=30)
    with (board.state / "busy").open("a") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        timer = threading.Thread(target=board.ask, args=("put_back",))
        timer.start()
        time.sleep(0.5)
    timer.join(10)
    assert board.undone, "nobody has confirmed it"


def test_the_timer_of_another_change_undoes_nothing(board: Board) -> None:
    board.arm()
    later = json.loads((board.state / "later.json").read_text())["job"]
    board.ask("confirm", id=later["id"])
    board.arm()
    board.change()
    assert board.ask(later["action"], id=later["id"])["state"] == "unknown"
    assert board.config.read_text() == "wrong\n"


def test_a_change_that_is_being_undone_is_not_confirmed(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    change = board.arm(undo=f"sleep 2; echo undone >> {board.folder}/undone\n")
    board.change()
    monkeypatch.setattr(switch, "ASKED_SECONDS", 0.1)
    timer = threading.Thread(target=board.ask, args=("put_back",))
    timer.start()
    time.sleep(1)
    assert board.ask("confirm", id=change) == {"state": "pending"}
    monkeypatch.setattr(switch, "LOCK_SECONDS", 0.1)
    with pytest.raises(switch.Failed, match=r"being undone: run again"):
        board.ask("arm")
    board.set("undoing", value=True)
    (board.state / "lock").unlink()
    assert board.ask("confirm", id=change) == {"state": "pending"}
    timer.join(10)
    assert board.undone
    assert board.ask("confirm", id=change)["state"] == "back"


def test_what_hangs_at_work_is_undone_after_its_limit(board: Board) -> None:
    board.arm(work=1)
    board.change()
    with (board.state / "busy").open("a") as busy:
        fcntl.flock(busy, fcntl.LOCK_EX)
        board.ask("put_back")
    assert board.is_as_before


def test_without_a_timer_nothing_is_armed(board: Board) -> None:
    board.program("systemd-run", "echo no bus; exit 1")
    with pytest.raises(switch.Failed, match=r"systemd starts no timer \(no bus\)"):
        board.arm()
    assert board.kept <= {"lock", "busy"}
    assert not board.unit.exists()


def test_a_link_and_what_it_leads_to_are_put_back(board: Board, tmp_path: Path) -> None:
    real = tmp_path / "etc/real"
    real.write_text("real\n")
    board.config.unlink()
    board.config.symlink_to("real")
    board.arm()
    board.config.unlink()
    board.config.write_text("wrong\n")
    real.write_text("wrong\n")
    board.ask("put_back")
    assert board.config.readlink() == Path("real")
    assert real.read_text() == "real\n"


def test_an_undo_that_fails_is_said(board: Board) -> None:
    change = board.arm(undo="echo no NetworkManager >&2; exit 1\n")
    board.change()
    board.ask("put_back")
    assert board.is_as_before
    assert board.ask("confirm", id=change)["undo"] == "no NetworkManager"


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_state_does_not_end_it(board: Board, kind: str) -> None:
    board.arm()
    board.change()
    corrupt(board.state / "armed.json", kind)
    board.ask("put_back")
    assert board.is_as_before
    for name in ("saved.json", "back.json", "later.json", "undo.sh", "lock", "busy"):
        corrupt(board.state / name, kind)
    change = board.arm()
    board.change()
    assert board.ask("confirm", id=change)["state"] == "confirmed"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mark a file")
def test_a_file_that_is_put_back_is_still_jetfleet_s(board: Board) -> None:
    """Only what has the mark is removed once it has left the spec."""

    def is_marked() -> bool:
        with place_of(str(board.config.parent)) as place:
            return mark.is_marked(place, board.config.name)

    board.arm()
    board.change()
    board.ask("put_back")
    assert not is_marked()
    with place_of(str(board.config.parent)) as place:
        mark.mark(place, board.config.name)
    board.arm()
    board.config.unlink()
    board.ask("put_back")
    assert is_marked()


def test_what_is_no_file_in_place_of_our_own_is_not_kept(board: Board) -> None:
    os.mkfifo(board.new)
    with pytest.raises(Unsafe, match="is not a plain file: move it away"):
        board.arm()
    board.arm(own=[str(board.new)])
    board.config.write_text("new\n")
    assert board.ask("put_back", id="", why="run")["state"] == "back"
    assert not board.new.exists()
    assert board.config.read_text() == "old\n"
