"""SSH servers as the boards of a spec, with keys and pinned keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from unittest import mock

from tests.support.cli import call
from tests.support.ssh_server import Key

WEEK = ("-V", "-1d:+1w")
HOST = ("-h", "-n", "127.0.0.1")
SPEC = """\
version: 1
defaults: {module: agx-orin-64gb, jetpack: "6.2", ssh: {user: nvidia, key: KEY, sudo: false}}
hosts:
"""


@dataclass
class Boards:
    """A spec whose hosts are servers here, and its pinned keys."""

    folder: Path
    ports: dict[str, int] = field(default_factory=dict)

    @property
    def spec(self) -> Path:
        return self.folder / "lab.yaml"

    @property
    def known(self) -> Path:
        return self.folder / "known_hosts"

    def add(self, host: str, port: int) -> None:
        self.ports[host] = port
        lines = (f"  {one}: {{address: 127.0.0.1, port: {n}}}\n" for one, n in self.ports.items())
        self.spec.write_text(SPEC.replace("KEY", str(self.folder / "login")) + "".join(lines))

    def pin(self, host: str, public: str) -> None:
        with self.known.open("a") as file:
            file.write(f"[127.0.0.1]:{self.ports[host]} {public}\n")

    def trust(self, *options: str, says: str = "y\n") -> str:
        with mock.patch("sys.stdin", StringIO(says)):
            done = call("trust", self.spec, *options)
        return f"{done.returncode} {done.stdout}{done.stderr}"


def made_keys(folder: Path) -> dict[str, Key]:
    """Make keys of boards of each kind, and of two authorities."""
    made = {name: Key.made(folder / name) for name in ("board", "other", "ca", "other-ca")}
    kinds = {"ecdsa": "ecdsa", "rsa": "rsa"}
    return made | {name: Key.made(folder / name, kind) for name, kind in kinds.items()}
