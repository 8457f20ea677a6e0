"""What was last ready: how a board keeps it, puts it back, and finds its models."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import pytest

from jetfleet.board import put_back as put_back_program
from jetfleet.board.prestart import keep, note
from jetfleet.resources import Leftovers, RunOptions
from jetfleet.steps.last_ready import SERVICES, put_back
from tests.support.pyinfra import ROOT

UNIT = "jetfleet-cosmos.service"
FOLDER, UNITS = "etc/jetfleet/cosmos", "etc/systemd/system"
WRITTEN = [f"/{FOLDER}/{name}" for name in ("env", "new key", "ready.json")]


@pytest.fixture
def board(tmp_path: Path) -> Path:
    """A root folder with a service that is running and was ready with what is in its files."""
    (tmp_path / FOLDER).mkdir(parents=True)
    (tmp_path / UNITS).mkdir(parents=True)
    write(tmp_path, env="KEY=old\n", ready="{}", unit="old")
    (tmp_path / FOLDER / "env").chmod(0o600)
    start(tmp_path)
    return tmp_path


def start(board: Path) -> None:
    """Run what the unit of the example runs before and after its server to keep its settings."""
    unit = (ROOT / f"tests/data/snapshots/orin/{UNITS}/{UNIT}").read_text()
    (line,) = [line for line in unit.splitlines() if "starting.tar" in line]
    before = os.umask(0o077)  # as the program does before anything else
    keep("cosmos", f"{board}/")
    os.umask(before)
    command = line.removeprefix("ExecStartPost=-")
    command = command.replace("/var/lib/jetfleet", f"{board}/var/lib/jetfleet")
    subprocess.run(shlex.split(command), check=True)


def test_what_is_kept_is_for_root_alone(board: Path) -> None:
    kept = board / SERVICES[1:] / "cosmos"
    assert [path.name for path in kept.iterdir()] == ["ready.tar"]
    assert kept.stat().st_mode & 0o77 == 0
    assert (kept / "ready.tar").stat().st_mode & 0o777 == 0o600


def test_the_same_settings_make_the_same_archive(board: Path) -> None:
    kept = board / SERVICES[1:] / "cosmos/ready.tar"
    before = kept.read_bytes()
    write(board, env="KEY=old\n", ready="{}", unit="old")
    start(board)
    assert kept.read_bytes() == before


def write(board: Path, *, env: str, ready: str, unit: str) -> None:
    (board / FOLDER / "env").write_text(env)
    (board / FOLDER / "ready.json").write_text(ready)
    (board / UNITS / UNIT).write_text(unit)


def run(board: Path, *, running: bool = False) -> str:
    """Run the program that puts back, with the folder as its root, and systemctl noted."""
    systemctl(board, running=running)
    (line,) = [one for one in put_back("cosmos", UNIT, WRITTEN).splitlines() if one[:1] == "{"]
    printed, path = StringIO(), os.environ["PATH"]
    os.environ["PATH"] = f"{board}:{path}"
    mask = os.umask(0o022)
    try:
        with redirect_stdout(printed):
            put_back_program.main(json.loads(line)["job"], str(board))
    finally:
        os.environ["PATH"] = path
        os.umask(mask)
    return printed.getvalue().strip()


def systemctl(board: Path, *, running: bool) -> None:
    program = board / "systemctl"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {board}/called\n'
        f'case "$*" in *is-active*) exit {int(not running)} ;; show*) echo 0 ;; esac\n'
    )
    program.chmod(0o755)


def called(board: Path) -> str:
    path = board / "called"
    return path.read_text() if path.exists() else ""


def test_other_settings_are_put_back_and_started(board: Path) -> None:
    write(board, env="KEY=new\n", ready='{"x": 1}', unit="new")
    (board / FOLDER / "new key").write_text("only the new settings have it")
    (board / FOLDER / "by-hand").write_text("none of ours")
    assert run(board) == "back 0"
    found = {path.name: path.read_text() for path in (board / FOLDER).iterdir()}
    old = {"env": "KEY=old\n", "ready.json": "{}"}
    assert found == {**old, "by-hand": "none of ours"}
    assert (board / FOLDER / "env").stat().st_mode & 0o777 == 0o600
    assert (board / FOLDER / "ready.json").stat().st_mode & 0o777 == 0o644
    assert (board / UNITS / UNIT).read_text() == "old"
    assert f"--no-block restart {UNIT}" in called(board)
    kept = board / SERVICES[1:] / "cosmos"
    assert [path.name for path in kept.iterdir()] == ["ready.tar"]


def test_nothing_is_done_for_the_very_settings_of_then(board: Path) -> None:
    assert run(board) == "same"
    assert called(board) == ""


@pytest.mark.parametrize("changed", ["env", "unit", "more"])
def test_one_file_makes_other_settings(board: Path, changed: str) -> None:
    write(board, env="KEY=old\n", ready="{}", unit="new" if changed == "unit" else "old")
    if changed == "env":
        (board / FOLDER / "env").write_text("KEY=new\n")
    if changed == "more":
        (board / FOLDER / "new key").touch()
    assert run(board) == "back 0"


def test_a_service_that_was_never_ready_has_nothing_to_go_back_to(board: Path) -> None:
    (board / SERVICES[1:] / "cosmos/ready.tar").unlink()
    write(board, env="KEY=new\n", ready="{}", unit="new")
    assert run(board) == "none"
    assert (board / FOLDER / "env").read_text() == "KEY=new\n"
    assert called(board) == ""


def random_bytes(ready: Path) -> None:
    ready.write_bytes(os.urandom(20000))


def cut(ready: Path) -> None:
    ready.write_bytes(ready.read_bytes()[:1500])


def cut_between_files(ready: Path) -> None:
    """Cut after the first file: what is left is a whole archive, without the unit."""
    ready.write_bytes(ready.read_bytes()[: 512 * 3] + bytes(1024))


def a_folder(ready: Path) -> None:
    ready.unlink()
    (ready / "full").mkdir(parents=True)


def a_dangling_link(ready: Path) -> None:
    ready.unlink()
    ready.symlink_to("/nowhere")


def a_fifo(ready: Path) -> None:
    ready.unlink()
    os.mkfifo(ready)


def a_file_for_its_folder(ready: Path) -> None:
    ready.unlink()
    ready.parent.rmdir()
    ready.parent.touch()


DAMAGES = {
    random_bytes: "ready.tar is damaged",
    (lambda ready: ready.write_bytes(b"")): "ready.tar is damaged (empty",
    (lambda ready: ready.write_bytes(bytes(10240))): "ready.tar is cut off",
    cut: "ready.tar is",
    cut_between_files: "ready.tar is cut off",
    a_folder: "ready.tar is not a plain file",
    a_dangling_link: "ready.tar is not a plain file",
    a_fifo: "ready.tar is not a plain file",
    a_file_for_its_folder: "services/cosmos is not a folder",
}


@pytest.mark.parametrize(("damage", "reason"), DAMAGES.items())
def test_what_cannot_be_put_back_is_said_and_changes_nothing(
    board: Path, damage: Callable[[Path], object], reason: str
) -> None:
    write(board, env="KEY=new\n", ready="{}", unit="new")
    (board / FOLDER / "new key").touch()
    damage(board / SERVICES[1:] / "cosmos/ready.tar")
    said = run(board)
    assert said.startswith("failed ")
    assert reason in said
    assert (board / FOLDER / "env").read_text() == "KEY=new\n"
    assert (board / FOLDER / "new key").exists()
    assert called(board) == ""


@pytest.mark.parametrize("damage", DAMAGES)
def test_the_next_start_that_gets_ready_is_kept_again(
    board: Path, damage: Callable[[Path], object]
) -> None:
    damage(board / SERVICES[1:] / "cosmos/ready.tar")
    start(board)
    assert run(board) == "same"


def test_a_place_that_cannot_be_written_leaves_all_files_as_they_are(board: Path) -> None:
    write(board, env="KEY=new\n", ready='{"x": 1}', unit="new")
    (board / f"{UNITS}/{UNIT}.jetfleet-new").mkdir()
    assert f"{UNIT}.jetfleet-new cannot be written" in run(board)
    assert (board / FOLDER / "env").read_text() == "KEY=new\n"
    assert sorted(path.name for path in (board / FOLDER).iterdir()) == ["env", "ready.json"]


TAR = """#!/bin/sh
# Fails as tar does on a full disk: a part of the archive is there.
for last do case $last in *.tar-new) head -c 700 /dev/zero > "$last" ;; esac; done
exit {status}
"""


@pytest.mark.parametrize("status", [0, 2])
def test_an_archive_that_is_cut_off_never_replaces_a_good_one(
    board: Path, status: int, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    kept = board / SERVICES[1:] / "cosmos"
    before = (kept / "ready.tar").read_bytes()
    write(board, env="KEY=new\n", ready="{}", unit="new")
    (board / "tar").write_text(TAR.format(status=status))
    (board / "tar").chmod(0o755)
    monkeypatch.setenv("PATH", f"{board}:{os.environ['PATH']}")
    keep("cosmos", f"{board}/")
    assert "the settings of cosmos are not kept" in capfd.readouterr().err
    assert [path.name for path in kept.iterdir()] == ["ready.tar"]
    assert (kept / "ready.tar").read_bytes() == before


def note_start(board: Path) -> None:
    """Note what the service was started with, as its unit does."""
    note("cosmos", f"{board}/")
    sums = (board / "run/jetfleet/cosmos.started").read_text()
    assert str(board / FOLDER / "env") in sums
    assert str(board / UNITS / UNIT) in sums


def test_one_that_runs_with_other_settings_is_restarted(board: Path) -> None:
    write(board, env="KEY=new\n", ready="{}", unit="new")
    note_start(board)
    assert run(board, running=True) == "back 0"


def test_the_old_one_is_not_restarted_while_it_still_runs(board: Path) -> None:
    note_start(board)
    write(board, env="KEY=new\n", ready="{}", unit="new")
    assert run(board, running=True) == "runs"
    assert (board / FOLDER / "env").read_text() == "KEY=old\n"
    assert "restart" not in called(board)
    assert "daemon-reload" in called(board)


def test_models_of_what_was_last_ready_are_found(board: Path) -> None:
    models = board / "mnt/nvme/models+x"
    unit = f"RequiresMountsFor={models}/cosmos/r2\n  -v {models}/cosmos/r2:/models/cosmos:ro \\\n"
    for name, text in ((UNIT, unit), ("jetfleet-gone.service", unit.replace("cosmos/r2", "a/b"))):
        (board / UNITS / name).write_text(text)
        service = name.removeprefix("jetfleet-").removesuffix(".service")
        kept = board / SERVICES[1:] / service
        kept.mkdir(exist_ok=True)
        subprocess.run(
            ["tar", "-C", str(board), "-cf", str(kept / "ready.tar"), f"{UNITS}/{name}"],
            check=True,
        )
    (board / UNITS / "jetfleet-gone.service").unlink()
    for name in ("cosmos/r1", "cosmos/r2", "a/b"):
        (models / name).mkdir(parents=True)
        (models / name / ".jetfleet").touch()
    leftovers = Leftovers(str(models), keep=())
    script = Leftovers.survey([leftovers], RunOptions(prune=True))
    for top in ("/var/lib/jetfleet", "/etc/"):
        script = script.replace(top, f"{board}{top}")
    shown = subprocess.run(["sh", "-s"], input=script, capture_output=True, text=True, check=True)
    actual = Leftovers.read(shown.stdout, [leftovers])[leftovers.key]
    changes = leftovers.compare(actual, RunOptions(prune=True))
    assert [change.attribute for change in changes] == ["a/b", "cosmos/r1"]
