"""A spec of one board that is a server on loopback, and a connection to it as pyinfra makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import paramiko
import pytest
from pyinfra.api.exceptions import ConnectError
from pyinfra.connectors.ssh import SSHConnector

from jetfleet.fleet.fleet import Fleet
from jetfleet.inventory.connection import connection
from tests.hostile.login_server import PASSWORD, Rules, known_line, login_server
from tests.support.pyinfra import ROOT
from tests.support.ssh_server import Key

SPEC = """\
version: 1
hosts:
  board:
    address: 127.0.0.1
    port: {port}
    module: agx-orin-64gb
    jetpack: "6.2"
    ssh: {{user: nvidia, sudo: false{ssh}}}
"""
BY_PASSWORD = ", password: {env: BOARD}"  # noqa: S105 - a reference


@dataclass
class Tried:
    """What came of a connection to a board as pyinfra makes it: by which means, or the error."""

    by: str
    said: str
    rules: Rules

    @property
    def logged_in(self) -> bool:
        return bool(self.by)


def fleet(folder: Path, port: int, ssh: str, known: str | None = None) -> None:
    (folder / "lab.yaml").write_text(SPEC.format(port=port, ssh=ssh))
    (folder / "lab.py").write_text((ROOT / "inventory/lab.py").read_text())
    (folder / "known_hosts").write_text(known_line(port) if known is None else known)


def tried(
    folder: Path, rules: Rules, ssh: str = BY_PASSWORD, environ: Mapping[str, str] | None = None
) -> Tried:
    """Connect to a board with these rules; the user's home has no key."""
    home = folder / "home"
    home.mkdir(exist_ok=True)
    values = {"HOME": str(home), "BOARD": PASSWORD, "SSH_AUTH_SOCK": "", **(environ or {})}
    with login_server(rules) as port, pytest.MonkeyPatch.context() as patch:
        fleet(folder, port, ssh)
        for name, value in values.items():
            patch.setenv(name, value)
        loaded = Fleet.load(folder / "lab.yaml", ())
        data = connection(loaded.spec.hosts[0], loaded, loaded.workstation.pinned())
        assert "canary" not in repr(data)
        return reached(data, rules)


def reached(data: Mapping[str, Any], rules: Rules) -> Tried:
    config = SimpleNamespace(CONNECT_TIMEOUT=10)
    state = SimpleNamespace(config=config, private_keys={}, cwd=None)
    host = SimpleNamespace(name="board", data=data, print_prefix="")
    connector = SSHConnector(state, host)
    connector.data = {**connector.data, **data}
    try:
        connector.connect()
    except ConnectError as error:
        return Tried("", " ".join(str(error).split()), rules)
    client = connector.client
    try:
        _, out, _ = client.exec_command("echo it runs")
        assert out.read() == b"it runs\n"
        return Tried(client.get_transport().logged_in_by, "", rules)
    finally:
        client.close()


def key(folder: Path, name: str = "own") -> Key:
    return Key.made(folder / name)


def blob(of: Key) -> bytes:
    return paramiko.Ed25519Key.from_private_key_file(str(of.path)).asbytes()
