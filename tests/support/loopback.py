"""Boards on loopback: SSH servers of this process that run what they are sent as its own user.

For runs of the real commands where a twin would be too much: a board that answers, one that hangs.
What a script keeps in /run is below the board's own folder here.
"""

from __future__ import annotations

import getpass
import grp
import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import paramiko

from jetfleet.environment import RUN_FOLDER
from jetfleet.steps import lease
from jetfleet.steps.lease import Holder
from tests.support.command_server import CommandServer, run_command
from tests.support.pyinfra import BIN
from tests.support.rendered import ROOT

SPEC = """version: 1
defaults: {module: orin-nano-super, jetpack: "6.2"}
hosts:
"""
RELEASE = "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64\n"
HOST = """  {name}:
    address: 127.0.0.1
    port: {port}
    ssh: {{user: {user}, key: {key}, sudo: false}}
"""
DEPLOY = """from jetfleet.converge import apply
from roles import notes, others

apply(notes, others)
"""
ROLE = '''"""Notes: files in a folder of each board."""

from jetfleet.resources import File

FILES = {files!r}


def desired(inputs):
    return [
        File(f"{folder}/{{inputs.host.name}}/{{name}}", text, owner={user!r}, group={group!r})
        for name, text in FILES.items()
    ]
'''


@dataclass
class Board(CommandServer):
    """One board.

    Parameters
    ----------
    folder:
        Where its files are.
    hangs:
        Whether it hangs before it runs the script of a title, until `goes_on` is set.
    slow:
        Whether the script of a title, which changes the board, takes 40 seconds.
    cuts_reading:
        Whether the connection of the script of a title is cut when it begins to read; once.
    slow_survey:
        Seconds that each survey of the board takes longer, and each reading by `jetfleet adopt`.
    titles:
        Those of all scripts that were asked for.

    """

    folder: Path
    hangs: Callable[[str], bool] = lambda _: False
    slow: Callable[[str], bool] = lambda _: False
    cuts_reading: Callable[[str], bool] = lambda _: False
    was_cut: bool = False
    slow_survey: int = 0
    goes_on: threading.Event = field(default_factory=threading.Event)
    titles: list[str] = field(default_factory=list)
    key: paramiko.PKey = field(default_factory=paramiko.ECDSAKey.generate)
    listener: socket.socket = field(default_factory=lambda: socket.create_server(("127.0.0.1", 0)))

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True)
        (self.folder / "run").mkdir()
        (self.folder / "release").write_text(RELEASE, encoding="utf-8")
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def port(self) -> int:
        """Its port on loopback."""
        return int(self.listener.getsockname()[1])

    @property
    def known_line(self) -> str:
        """The line that pins its host key."""
        return f"[127.0.0.1]:{self.port} {self.key.get_name()} {self.key.get_base64()}\n"

    @property
    def lease(self) -> Path:
        """File of its lease; see `jetfleet/board/lease.sh`."""
        return self.folder / "state/lease"

    @property
    def audit(self) -> list[dict[str, Any]]:
        """The lines of its audit log."""
        text = self.lease.with_name("audit.jsonl").read_text(encoding="utf-8")
        return [json.loads(line) for line in text.splitlines()]

    @property
    def is_leased(self) -> bool:
        """Whether the last run that had its lease has not ended it."""
        return self.lease.read_text(encoding="utf-8").split()[2] != "0"

    def text(self, name: str) -> str:
        """What a file of the role holds on it; empty if it is not there."""
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def off(self) -> None:
        """Take no connection any more."""
        # A thread that still waits in accept() could get one of a later board, with this key: the
        # number of the socket is given again.
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def program(self, name: str, text: str) -> None:
        """Put one of the boards' programs on it."""
        path = self.folder / "lib" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                transport = paramiko.Transport(connection)
                transport.add_server_key(self.key)
                with suppress(paramiko.SSHException, EOFError):
                    transport.start_server(server=self)

    def get_allowed_auths(self, username: str) -> str:
        del username
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        del username, key
        return paramiko.common.AUTH_SUCCESSFUL

    def execute(self, channel: paramiko.Channel, command: str) -> None:
        hangs = self.hangs(command)  # before a test reads the title, and lets the next one go on
        self.titles.append(command)
        if hangs:
            self.goes_on.wait()
        cuts = self.cuts_reading(command) and not self.was_cut
        self.was_cut = self.was_cut or cuts
        given: Any = _CutInReading(channel) if cuts else channel
        run_command(given, command, lambda data: self._at_home(data, command))

    def lease_to(self, holder: Holder, seconds: int, token: int = 1) -> None:
        """Give its lease to a run of another workstation, which says nothing more."""
        script = lease.hold("abc", token, holder, over=False)
        script = script.replace(f" {lease.SECONDS} ", f" {seconds} ")
        (self.folder / "run/jetfleet").mkdir(mode=0o700)
        script = self._at_home(script.encode(), "").decode()
        subprocess.run(["sh", "-c", script], check=True)

    def _at_home(self, data: bytes, command: str) -> bytes:
        """Return a piece of a script with the board's own folder in place of those of root."""
        own = {
            b"\nlease_show\n": f"\nsleep {self.slow_survey}; lease_show\n".encode(),
            b"\nlimit_begin about ": f"\nsleep {self.slow_survey}; limit_begin about ".encode(),
            **({b"\nlease_hold ": b"\nsleep 40; lease_hold "} if self.slow(command) else {}),
            b"/run/jetfleet": str(self.folder / "run/jetfleet").encode(),
            b"/var/lib/jetfleet": str(self.folder / "state").encode(),
            b"/usr/local/lib/jetfleet": str(self.folder / "lib").encode(),
            b"/etc/nv_tegra_release": str(self.folder / "release").encode(),
        }
        for path, place in own.items():
            data = data.replace(path, place)
        return data


class _CutInReading:
    """A channel whose connection ends with the first line of the reading of files."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel

    def sendall(self, data: bytes) -> None:
        """Send it; cut the connection behind that line."""
        self._channel.sendall(data)
        if b" begin file\n" in data:
            self._channel.get_transport().close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)


class Called(NamedTuple):
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


@dataclass
class LoopbackFleet:
    """A fleet of such boards, with its spec, a deploy, and roles that write files.

    Parameters
    ----------
    scratch:
        Folder of the fleet.
    boards:
        By the names of their hosts.

    """

    scratch: Path
    boards: Mapping[str, Board]

    @property
    def spec(self) -> Path:
        """Path of the spec."""
        return self.scratch / "inventory/lab.yaml"

    @property
    def state(self) -> Path:
        """The user's state folder."""
        return self.scratch / "state"

    @property
    def deploy(self) -> Path:
        """Path of the deploy."""
        return self.scratch / "deploys/llm.py"

    def start(
        self, *arguments: str, program: str = "jetfleet", run: str = "", **options: Any
    ) -> subprocess.Popen[str]:
        """Start a command of the project in the folder of the fleet, its output in pipes."""
        environ = {**os.environ, "XDG_STATE_HOME": str(self.state)}
        if run:
            environ[RUN_FOLDER] = str(self.run(run))
        return subprocess.Popen(
            [str(BIN / program), *arguments],
            **{
                "cwd": self.scratch,
                "env": environ,
                "stdin": subprocess.DEVNULL,
                "stdout": subprocess.PIPE,
                "stderr": subprocess.PIPE,
                "text": True,
                **options,
            },
        )

    def call(self, *arguments: str, program: str = "jetfleet", run: str = "") -> Called:
        """Run such a command to its end."""
        started = self.start(*arguments, program=program, run=run)
        out, err = started.communicate(timeout=60)
        return Called(started.returncode, out, err)

    def run(self, name: str) -> Path:
        """Path of a run folder."""
        return self.scratch / "runs" / name

    def want(self, **files: str) -> None:
        """Let roles want these files, by name, on each board.

        Changes of one role go together in a script; ``other`` is of a role of its own.
        """
        other = {"other": files.pop("other")} if "other" in files else {}
        self._write("notes", files)
        self._write("others", other)

    def _write(self, role: str, files: Mapping[str, str]) -> None:
        group = grp.getgrgid(os.getgid()).gr_name
        text = ROLE.format(
            files=files, folder=self.scratch / "boards", user=getpass.getuser(), group=group
        )
        (self.scratch / f"roles/{role}.py").write_text(text, encoding="utf-8")


@contextmanager
def loopback(scratch: Path, *names: str) -> Iterator[LoopbackFleet]:
    """Start a fleet of boards with these names; each wants one file, ``a``."""
    boards = {name: Board(scratch / "boards" / name) for name in names}
    fleet = LoopbackFleet(scratch, boards)
    for folder in ("inventory", "deploys", "roles"):
        (scratch / folder).mkdir()
    key = scratch / "key"
    paramiko.ECDSAKey.generate().write_private_key_file(str(key))
    hosts = (
        HOST.format(name=name, port=board.port, user=getpass.getuser(), key=key)
        for name, board in boards.items()
    )
    fleet.spec.write_text(SPEC + "".join(hosts), encoding="utf-8")
    fleet.spec.with_suffix(".py").write_text(
        (ROOT / "inventory/lab.py").read_text(encoding="utf-8"), encoding="utf-8"
    )
    known = "".join(board.known_line for board in boards.values())
    (scratch / "inventory/known_hosts").write_text(known, encoding="utf-8")
    fleet.deploy.write_text(DEPLOY, encoding="utf-8")
    fleet.want(a="first\n")
    try:
        yield fleet
    finally:
        for board in boards.values():
            board.off()
