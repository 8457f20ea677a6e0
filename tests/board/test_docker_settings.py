"""The program that puts daemon.json in place, with a dockerd and a systemctl of the test."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from jetfleet.board import docker_settings
from jetfleet.resources.daemon.restart import settings_script
from tests.support.corrupt import KINDS, corrupt

OLD, NEW = '{"registry-mirrors": ["https://user:pw@mirror"]}\n', '{"debug": true}\n'
DIALED = 'echo "failed to dial /run/containerd/containerd.sock: transport is closing"'


class Docker:
    """A folder with a daemon.json, and programs that answer as the board's."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.config = folder / "docker/daemon.json"
        self.backup = folder / "docker/daemon.json.jetfleet-old"
        self.started = folder / "run/docker-started-with.json"
        self.config.parent.mkdir(mode=0o755)
        self.program("dockerd", "")
        self.program("systemctl", "")
        self.program("journalctl", "echo a word of dockerd")
        monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def program(self, name: str, text: str) -> None:
        path = self.folder / name
        path.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.folder}/called\n{text}\n')
        path.chmod(0o755)

    def old(self, text: str = OLD, mode: int = 0o644) -> None:
        self.config.write_text(text)
        self.config.chmod(mode)

    def fails_to_start_with(self, word: str) -> None:
        self.program(
            "systemctl",
            f'case "$1" in show) echo Result=exit-code ;; '
            f"restart) ! grep -q {word} {self.config} ;; esac; exit $?",
        )

    def ends_from_outside(self, times: int, system: str = "running", *shown: str) -> None:
        """Let that many starts fail without a fault of dockerd; `shown` is what systemd shows."""
        answer = "; ".join(f"echo {line}" for line in shown or ("Result=success",))
        self.program(
            "systemctl",
            f'case "$1" in is-system-running) echo {system}; exit 1 ;; show) {answer} ;; '
            f"restart) echo x >> {self.folder}/starts; "
            f'[ "$(wc -l < {self.folder}/starts)" -gt {times} ] ;; esac; exit $?',
        )

    def refuses(self, sentence: str) -> None:
        answer = f'echo first; echo "{sentence}"; exit 1'
        self.program("dockerd", f'case "$*" in --help) echo --validate ;; *) {answer} ;; esac')

    def apply(self, **job: Any) -> str:
        """Return the sentence with which the program fails; empty if it does not."""
        given: Mapping[str, Any] = {"text": NEW, "enabled": False, "restarted": True, **job}
        mask = os.umask(0o022)
        try:
            places = {"config": self.config, "backup": self.backup, "started_with": self.started}
            docker_settings.main({**{name: str(one) for name, one in places.items()}, **given})
        except SystemExit as error:
            return str(error)
        finally:
            os.umask(mask)
        return ""

    @property
    def called(self) -> str:
        return (self.folder / "called").read_text()

    @property
    def files(self) -> list[str]:
        return sorted(path.name for path in self.config.parent.iterdir())


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docker:
    return Docker(tmp_path, monkeypatch)


def test_a_board_without_settings_gets_them(docker: Docker) -> None:
    docker.config.parent.rmdir()
    assert docker.apply(enabled=True) == ""
    assert docker.config.read_text() == NEW
    assert docker.config.stat().st_mode & 0o777 == 0o644
    assert docker.files == ["daemon.json"]
    names = ["daemon-reload", "-q enable docker.service", "restart docker.service"]
    at = [docker.called.index(f"systemctl {name}\n") for name in names]
    assert at == sorted(at)


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644])
def test_the_file_keeps_its_mode_and_its_owner(docker: Docker, mode: int) -> None:
    docker.old(mode=mode)
    if not os.geteuid():
        os.chown(docker.config, 1234, 1235)
    before = docker.config.stat()
    assert docker.apply() == ""
    after = docker.config.stat()
    assert docker.config.read_text() == NEW
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )


def test_a_link_stays_a_link(docker: Docker, tmp_path: Path) -> None:
    real = tmp_path / "managed/docker.json"
    real.parent.mkdir()
    real.write_text(OLD)
    docker.config.symlink_to(real)
    assert docker.apply() == ""
    assert docker.config.is_symlink()
    assert real.read_text() == NEW
    docker.fails_to_start_with("trace")
    assert "and the old" in docker.apply(text='{"trace": 1}')
    assert docker.config.is_symlink()
    assert real.read_text() == NEW
    assert [path.name for path in real.parent.iterdir()] == ["docker.json"]


def test_a_link_that_others_can_have_made_is_not_followed(docker: Docker, tmp_path: Path) -> None:
    home, victim = tmp_path / "home", tmp_path / "victim"
    home.mkdir()
    home.chmod(0o777)
    victim.write_text("precious")
    (home / "daemon.json").symlink_to(victim)
    docker.config.symlink_to(home / "daemon.json")
    assert "is a link in a folder that others may write" in docker.apply()
    assert victim.read_text() == "precious"
    assert docker.files == ["daemon.json"]


@pytest.mark.parametrize("mode", [0o600, 0o644])
def test_a_daemon_that_does_not_come_up_gets_its_old_file_back(docker: Docker, mode: int) -> None:
    docker.old(mode=mode)
    docker.fails_to_start_with("debug")
    assert docker.apply() == (
        f"Docker did not come up with these settings, and the old {docker.config} is back; write "
        "other ones under docker in the spec; dockerd said: a word of dockerd"
    )
    assert docker.config.read_text() == OLD
    assert docker.config.stat().st_mode & 0o777 == mode
    assert docker.files == ["daemon.json"]
    assert docker.called.count("restart") == 2


def test_a_daemon_that_is_stopped_while_it_starts_is_started_again(docker: Docker) -> None:
    docker.old()
    docker.ends_from_outside(1)
    assert docker.apply() == ""
    assert docker.config.read_text() == NEW
    assert docker.files == ["daemon.json"]
    assert docker.called.count("restart") == 2


@pytest.mark.parametrize(
    ("system", "shown", "sentence"),
    [
        ("running", ("Result=signal",), "Docker was stopped or killed while it started, or a unit"),
        (
            "running",
            ("Result=success",),
            "Docker was stopped or killed while it started, or a unit",
        ),
        ("degraded", ("Result=exit-code", "LoadState=masked"), "Docker is masked: unmask it with"),
        ("stopping", ("Result=exit-code",), "the board shuts down or reboots: run again when it"),
    ],
)
def test_settings_are_not_blamed_for_what_comes_from_outside(
    docker: Docker, system: str, shown: tuple[str, ...], sentence: str
) -> None:
    docker.old()
    docker.ends_from_outside(9, system, *shown)
    assert docker.apply().startswith(sentence)
    # The next run goes on from here.
    assert docker.config.read_text() == NEW
    assert docker.backup.read_text() == OLD
    docker.program("systemctl", "")
    assert docker.apply() == ""
    assert docker.files == ["daemon.json"]


def test_a_daemon_whose_containerd_was_killed_is_started_again(docker: Docker) -> None:
    docker.old()
    docker.program("journalctl", DIALED)
    docker.ends_from_outside(1, "running", "Result=exit-code")
    assert docker.apply() == ""
    assert docker.config.read_text() == NEW
    assert docker.called.count("restart") == 2


def test_a_containerd_that_stays_away_is_named(docker: Docker) -> None:
    docker.old()
    docker.program("journalctl", DIALED)
    docker.ends_from_outside(9, "running", "Result=exit-code")
    assert docker.apply().endswith(
        "look at `systemctl status containerd` and `journalctl -u containerd`, and run again"
    )
    assert docker.config.read_text() == OLD


def test_one_that_had_no_file_has_none_again(docker: Docker) -> None:
    docker.fails_to_start_with("debug")
    assert "and the old" in docker.apply()
    assert docker.files == []


def test_a_daemon_that_is_down_either_way_is_named(docker: Docker) -> None:
    docker.old()
    docker.program(
        "systemctl", 'case "$1" in show) echo Result=exit-code ;; restart) exit 1 ;; esac'
    )
    assert "is back, but Docker does not come up with it either; write" in docker.apply()
    assert docker.config.read_text() == OLD
    docker.program("journalctl", "")
    assert docker.apply(text=None) == "Docker does not come up; dockerd said: nothing"


def test_what_dockerd_refuses_is_never_in_place(docker: Docker) -> None:
    docker.old()
    docker.refuses("unknown key")
    assert docker.apply() == "dockerd refuses the settings: unknown key"
    assert docker.config.read_text() == OLD
    assert docker.files == ["daemon.json"]
    assert "restart" not in docker.called


def test_the_file_of_a_run_that_died_is_what_is_gone_back_to(docker: Docker) -> None:
    docker.old('{"debug": "of a run that died"}')
    docker.backup.write_text(OLD)
    docker.fails_to_start_with("debug")
    assert "and the old" in docker.apply()
    assert docker.config.read_text() == OLD
    assert docker.files == ["daemon.json"]


def test_without_a_restart_only_the_file_is_written(docker: Docker) -> None:
    docker.old()
    docker.backup.write_text("left by a run that died")
    assert docker.apply(restarted=False) == ""
    assert docker.config.read_text() == NEW
    assert docker.files == ["daemon.json"]
    assert "restart" not in docker.called


def test_a_folder_in_its_place_is_named(docker: Docker) -> None:
    docker.config.mkdir()
    assert docker.apply(restarted=False) == (
        f"{docker.config} is a folder: move it away, then run again"
    )


def test_a_unit_that_cannot_be_enabled_is_named(docker: Docker) -> None:
    docker.program("systemctl", 'case "$*" in *enable*) echo Unit is masked.; exit 1 ;; esac')
    assert docker.apply(enabled=True) == "Unit is masked."
    assert docker.files == []


def test_the_script_has_the_settings_in_no_argument(docker: Docker) -> None:
    script = settings_script(OLD, enabled=False, restarted=False)
    assert "user:pw" not in script.partition("<<")[0]
    script = script.replace("/etc/docker", str(docker.config.parent))
    subprocess.run(["sh", "-s"], input=script, text=True, check=True)
    assert docker.config.read_text() == OLD


PLAIN = {"empty", "rubbish", "newer", "null", "huge"}


@pytest.mark.parametrize("kind", KINDS)
def test_a_backup_that_a_fault_left_is_no_reason_to_stop(docker: Docker, kind: str) -> None:
    docker.old()
    corrupt(docker.backup, kind)
    assert docker.apply() == ""
    assert docker.config.read_text() == NEW
    assert docker.files == ["daemon.json"]


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - PLAIN))
def test_only_a_plain_file_is_a_backup(docker: Docker, kind: str) -> None:
    docker.old()
    corrupt(docker.backup, kind)
    docker.fails_to_start_with("debug")
    assert "is back; write other ones" in docker.apply()
    assert docker.config.read_text() == OLD
    assert docker.files == ["daemon.json"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_copy_of_the_units_start_can_be_written(docker: Docker, kind: str) -> None:
    docker.old()
    corrupt(docker.started, kind)
    assert docker.apply() == ""
    assert docker.started.is_file() is (kind in PLAIN)
    docker.started.write_text(NEW)  # as the unit does; into a pipe this would never end


class Engine(Docker):
    """Units and containers as files: a restart stops all, and only a good one starts the units."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__(folder, monkeypatch)
        self.up = folder / "up"
        self.up.mkdir()
        self.program("systemctl", SYSTEMCTL.format(up=self.up, config=self.config))
        (folder / "bin").mkdir()
        monkeypatch.setenv("PATH", f"{folder}/bin:{os.environ['PATH']}")
        self.program("bin/docker", DOCKER.format(up=self.up))

    def runs(self, *names: str) -> None:
        for name in names:
            (self.up / name).touch()
            (self.up / f".all-{name}").touch()

    @property
    def running(self) -> list[str]:
        return sorted(one.name for one in self.up.iterdir() if not one.name.startswith("."))


SYSTEMCTL = """case "$*" in
  *RequiredBy*) echo RequiredBy=mine.service theirs.service idle.service; echo ConsistsOf= ;;
  *ActiveState*docker.service) echo active ;;
  *ActiveState*) shift 4; for u; do [ -e {up}/$u ] && echo active || echo inactive; echo; done ;;
  restart*)
    units=$(cd {up}; ls | grep service); rm -f {up}/*
    grep -q debug {config} && exit 1
    [ -e {up}/.failed ] || for u in $units; do touch {up}/$u; done ;;
  start*) shift 2; for u; do touch {up}/$u; done ;;
esac"""

DOCKER = """cd {up}
case "$1 $2" in
  "ps -aq") ls -A | sed -n 's/^.all-\\(c.*\\)/\\1/p' ;;
  "ps -q") ls | grep ^c ;;
  start*) touch "$2" && echo "$2" ;;
esac
true"""


def test_what_a_failed_restart_stopped_runs_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(tmp_path, monkeypatch)
    engine.old()
    ran = ["c1", "c2", "mine.service", "theirs.service"]
    engine.runs(*ran)
    assert "is back; write other ones" in engine.apply()
    assert engine.running == ran
    assert "start --no-block mine.service theirs.service\n" in engine.called


def test_a_container_without_a_restart_policy_runs_after_a_good_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(tmp_path, monkeypatch)
    engine.runs("c1")
    (engine.up / ".all-c2").touch()  # it did not run before, and does not run afterwards
    assert engine.apply(text="{}") == ""
    assert engine.running == ["c1"]
    assert not (tmp_path / "run/docker-stopped.json").exists()


def test_what_a_dead_run_stopped_runs_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(tmp_path, monkeypatch)
    engine.runs("c1", "c2")
    (engine.up / "c2").unlink()
    engine.started.parent.mkdir()
    listed = engine.started.with_name("docker-stopped.json")
    listed.write_text('{"units": ["theirs.service", "-x", 7], "containers": ["c2", "gone"]}')
    assert engine.apply(text="{}") == ""
    assert engine.running == ["c1", "c2", "theirs.service"]


def test_a_container_that_does_not_start_again_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = Engine(tmp_path, monkeypatch)
    engine.old()
    engine.runs("c1")
    text = DOCKER.format(up=engine.up).replace('touch "$2" && echo "$2"', "exit 1")
    engine.program("bin/docker", text)
    assert "these containers did not start again: c1; write" in engine.apply()
    assert engine.apply(text="{}") == ""  # it does not run any more


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_list_of_what_ran_is_no_reason_to_stop(docker: Docker, kind: str) -> None:
    docker.old()
    listed = docker.started.with_name("docker-stopped.json")
    docker.started.parent.mkdir()
    corrupt(listed, kind)
    assert docker.apply() == ""
    assert not listed.exists()


def test_an_engine_without_its_client_is_named(
    docker: Docker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Debian has a package of its own for the client. Here `docker` is a folder of the test."""
    docker.program("systemctl", 'case "$*" in *ActiveState*) echo active ;; esac')
    monkeypatch.setenv("PATH", str(docker.folder))
    assert docker.apply() == (
        "docker cannot be run on the board (Permission denied): install the package that has it, "
        "such as docker-cli"
    )


def noting(docker: Docker) -> dict[str, str]:
    """Return a job that notes items of lists."""
    return {"path": str(docker.folder / "state/items.json"), "before": "[1]", "after": "[2]"}


def test_items_of_lists_are_noted_as_they_are_afterwards(docker: Docker) -> None:
    docker.old()
    note = docker.folder / "state/items.json"
    docker.program("systemctl", f'[ "$1" != restart ] || cat {note} >> {docker.folder}/seen')
    assert docker.apply(items=noting(docker)) == ""
    assert (docker.folder / "seen").read_text() == "[1]"
    assert note.read_text() == "[2]"
    assert note.stat().st_mode & 0o777 == 0o600


def test_items_of_both_are_noted_where_docker_does_not_start(docker: Docker) -> None:
    docker.old()
    docker.fails_to_start_with("debug")
    assert "is back" in docker.apply(items=noting(docker))
    assert (docker.folder / "state/items.json").read_text() == "[1]"


def test_a_file_that_stays_as_it_is_has_no_new_note(docker: Docker) -> None:
    docker.old()
    assert docker.apply(items=noting(docker), text=None) == ""
    assert not (docker.folder / "state").exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_note_is_written_again(docker: Docker, kind: str) -> None:
    docker.old()
    note = docker.folder / "state/items.json"
    corrupt(note, kind)
    assert docker.apply(items=noting(docker)) == ""
    assert note.read_text() == "[2]"
