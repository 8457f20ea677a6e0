"""The script that reads Docker, in a tree of files and with programs of the test."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from jetfleet.resources.daemon.state import DaemonState, read_daemon, survey_daemon

SHOWN = "Id=docker.service\nActiveState=active\nUnitFileState=enabled\nNeedDaemonReload=no\n"
STOCK = (
    "[Service]\nExecStart=/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock\n"
)
STOCK += "ExecReload=/bin/kill -s HUP $MAINPID\n"
OLD, NEW = "docker.io installed 20.10.24", "docker.io installed 29.1.3-0ubuntu3~22.04.2"
NO_RULES = "DOCKER_INSECURE_NO_IPTABLES_RAW"
CONTAINERD = '[["driver-type","io.containerd.snapshotter.v1"]]'


class Board:
    """A tree of files, and programs that answer as the board's."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.answers = {"dpkg-query": f"echo {OLD}", "modprobe": "exit 1", "systemctl": "true"}
        self.write("lib/systemd/system/docker.service", STOCK)
        self.write("run/docker.pid", str(os.getpid()))

    def write(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def docker(self, **answers: str) -> None:
        """Answer each command of docker, such as `info`, with a text."""
        cases = [f"'{name}') cat <<'E'\n{text}\nE\n;;" for name, text in answers.items()]
        self.answers["docker"] = f'case "$1" in {" ".join(cases)} *) exit 1 ;; esac'

    def read(self, data_root: str = "") -> DaemonState:
        (self.root / "bin").mkdir(exist_ok=True)
        for name, text in {"docker": "exit 1", **self.answers}.items():
            program = self.root / "bin" / name
            program.write_text(f'#!/bin/sh\necho "{name} $*" >> {self.root}/called\n{text}\n')
            program.chmod(0o755)
        # /etc/jetfleet, too, is below the folder of the test.
        script = re.sub(
            r"(?<![\w*}])/(etc|run|lib|usr)/", rf"{self.root}/\1/", survey_daemon(data_root)
        )
        done = subprocess.run(
            ["sh", "-s"],
            input=script,
            env={**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            check=True,
        )
        text = done.stdout.replace(f"{self.root}/", "/")
        return read_daemon(SHOWN + text)

    @property
    def called(self) -> str:
        return (self.root / "called").read_text()


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path)


def test_an_engine_of_the_package_is_asked_little(board: Board) -> None:
    board.docker(ps="")
    state = board.read()
    assert (state.engine, state.store, state.containerd_root) == ("20.10.24", "", "")
    assert [flag.name for flag in state.flags] == ["--containerd", "-H"]
    assert "systemctl" not in board.called
    assert "docker info" not in board.called


def test_what_is_removed_is_not_installed(board: Board) -> None:
    board.answers["dpkg-query"] = f"echo docker-ce config-files 5:28.0.1-1~u; echo {OLD}"
    board.docker(ps="", info="/var/lib/docker\n[]")
    assert board.read().engine == "20.10.24"


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("etc/systemd/system/docker.service.d/disk.conf", "{} --data-root={}"),
        ("etc/systemd/system/docker.service", "{} \\\n  --data-root {}"),
        ("lib/systemd/system/docker.service", "{} --data-root {}"),
    ],
)
def test_a_flag_has_its_file_and_no_value(board: Board, path: str, text: str) -> None:
    start = text.format("/usr/bin/dockerd --registry-mirror=https://me:canary@m", "/mnt/x")
    board.write(path, f"[Service]\nExecStart=\nExecStart={start}\n")
    shown = f"ExecStart={{ path=/usr/bin/dockerd ; argv[]={start} ; ignore_errors=no }}"
    board.answers["systemctl"] = f"cat <<'E'\n{shown}\nE"
    state = board.read()
    assert {flag.name: flag.path for flag in state.flags} == {
        "--data-root": f"/{path}",
        "--registry-mirror": f"/{path}",
    }
    assert "canary" not in repr(state)


def test_a_flag_of_a_variable_is_read_from_the_process(board: Board) -> None:
    board.write("etc/default/docker", '# DOCKER_OPTS="--debug"\nDOCKER_OPTS="--data-root /mnt/x"\n')
    board.answers["systemctl"] = (
        "echo 'ExecStart={ argv[]=/usr/sbin/dockerd -H fd:// $DOCKER_OPTS ; }'"
    )
    board.answers["tr"] = "echo dockerd -H fd:// --data-root /mnt/x"
    state = board.read()
    assert {flag.name: flag.path for flag in state.flags} == {
        "-H": "/lib/systemd/system/docker.service",
        "--data-root": "/etc/default/docker",
    }


def test_flags_of_other_commands_are_not_those_of_dockerd(board: Board) -> None:
    path = "etc/systemd/system/docker.service.d/wait.conf"
    board.write(path, "[Service]\nExecStartPre=/bin/sh -c \\\n  'test -e /x' --debug\n")
    board.answers["systemctl"] = "echo 'ExecStart={ argv[]=/usr/bin/dockerd -H fd:// ; }'"
    assert [flag.name for flag in board.read().flags] == ["-H"]


def test_a_short_flag_counts(board: Board) -> None:
    board.write("etc/default/docker", 'DOCKER_OPTS="-s overlay2"\n')
    board.answers["systemctl"] = "echo 'ExecStart={ argv[]=/usr/sbin/dockerd -s overlay2 ; }'"
    assert [(flag.name, flag.path, flag.key) for flag in board.read().flags] == [
        ("-s", "/etc/default/docker", "storage-driver")
    ]


@pytest.mark.parametrize(
    ("flag", "names"),
    [
        ("--config-file=/etc/docker/daemon.json", []),
        ("--config-file /etc/docker/daemon.json", []),
        ("--config-file=/etc/docker/other.json", ["--config-file"]),
    ],
)
def test_another_file_of_settings_is_a_flag(board: Board, flag: str, names: list[str]) -> None:
    start = f"/usr/bin/dockerd {flag.replace('/etc', f'{board.root}/etc')}"
    path = "etc/systemd/system/docker.service.d/file.conf"
    board.write(path, f"[Service]\nExecStart=\nExecStart={start}\n")
    board.answers["systemctl"] = f"echo 'ExecStart={{ argv[]={start} ; }}'"
    assert [flag.name for flag in board.read().flags] == names


def test_a_drop_in_that_takes_flags_away_is_asked_for(board: Board) -> None:
    path = "etc/systemd/system/docker.service.d/socket.conf"
    board.write(path, "[Service]\nExecStart=\nExecStart=/usr/bin/dockerd\n")
    board.answers["systemctl"] = "echo 'ExecStart={ argv[]=/usr/bin/dockerd ; }'"
    assert board.read().flags == ()


@pytest.mark.parametrize(
    ("shown", "rules"),
    [
        (f"Environment=A=1 {NO_RULES}=1", False),
        (f"Environment={NO_RULES}=10", True),
        ("Environment=", True),
    ],
)
def test_rules_that_the_unit_switches_off(board: Board, shown: str, *, rules: bool) -> None:
    board.answers |= {"dpkg-query": f"echo {NEW}", "systemctl": f"echo {shown}"}
    board.docker(ps="", info="/var/lib/docker\n[]")
    board.write("usr/bin/dockerd", "")
    (board.root / "usr/bin/dockerd").chmod(0o755)
    state = board.read()
    assert (state.raw_table, state.raw_rules) == (False, rules)


@pytest.mark.parametrize(
    ("config", "root"),
    [
        ("", "/var/lib/containerd"),
        (
            "version = 2\nroot = '/mnt/nvme/containerd'\n[x]\nroot = \"/no\"\n",
            "/mnt/nvme/containerd",
        ),
        ('[x]\n  root = "/no"\n', "/var/lib/containerd"),
        ('imports = ["/etc/containerd/conf.d/*.toml"]\n', "/mnt/nvme/imported"),
    ],
)
def test_images_of_containerd_are_where_it_has_its_root(
    board: Board, config: str, root: str
) -> None:
    board.answers["dpkg-query"] = f"echo {NEW}"
    board.write("etc/containerd/config.toml", config)
    board.docker(ps="", info=f"/mnt/nvme/docker\n{CONTAINERD}")
    board.answers["containerd"] = "echo \"root = '/mnt/nvme/imported'\""
    with subprocess.Popen(["sleep", "60"]) as containerd:
        board.answers["systemctl"] = f"echo {containerd.pid}"
        state = board.read()
        containerd.kill()
    assert (state.store, state.containerd_root) == ("containerd", root)


def test_images_of_a_containerd_that_dockerd_starts(board: Board) -> None:
    board.answers["dpkg-query"] = f"echo {NEW}"
    board.answers["systemctl"] = "echo 0"
    own = 'root = "/mnt/nvme/docker/containerd/daemon"\n'
    board.write("run/docker/containerd/containerd.toml", own)
    board.docker(ps="", info=f"/mnt/nvme/docker\n{CONTAINERD}")
    assert board.read().containerd_root == "/mnt/nvme/docker/containerd/daemon"


def test_an_old_engine_with_the_feature_is_asked(board: Board) -> None:
    board.write("etc/docker/daemon.json", '{"features": {"containerd-snapshotter": true}}')
    board.docker(ps="", info='/var/lib/docker\n[["Backing Filesystem","extfs"]]')
    assert board.read().store == "docker"


@pytest.mark.parametrize(
    ("config", "counted"),
    [
        ('{"data-root":"/mnt/nvme/docker"}', False),
        ('{\n    "data-root": "/mnt/nvme/docker/"\n}', False),
        ('{"data-root": "/mnt/nvme/docker2"}', True),
        (None, True),
    ],
)
def test_images_are_counted_where_the_folder_changes(
    board: Board,
    config: str | None,
    counted: bool,  # noqa: FBT001 - a column of the table
) -> None:
    if config is not None:
        board.write("etc/docker/daemon.json", config)
    board.docker(ps="", image="image 100", volume="data")
    contents = board.read("/mnt/nvme/docker").contents
    assert (contents.images, contents.volumes) == (((100,), ("data",)) if counted else ((), ()))
