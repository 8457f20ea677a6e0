"""A board behind jump hosts, and what an ssh_config(5) of the user's own says of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from unittest import mock

import paramiko
import pytest

from jetfleet.fleet.fleet import Fleet
from jetfleet.inventory.connection import connection
from jetfleet.workstation.login_key import login_key
from tests.hostile.login_fleet import Tried, blob, fleet, key, reached
from tests.hostile.login_server import PASSWORD, Rules, known_line, login_server
from tests.support.cli import call

pytestmark = pytest.mark.timeout(60)


@dataclass
class Site:
    """A board and two jump hosts, each with a host key of its own, and the user's key."""

    folder: Path
    board: Rules
    jumps: tuple[Rules, Rules]
    ports: tuple[int, int, int]

    def pinned(self, *which: int) -> str:
        """Return the lines that pin the board (0) and jump hosts (1, 2)."""
        rules = (self.board, *self.jumps)
        return "".join(known_line(self.ports[n], rules[n].key) for n in which)

    def tried(self, ssh: str, known: str) -> Tried:
        """Connect to the board as pyinfra does, with these pinned keys."""
        fleet(self.folder, self.ports[0], f", key: {self.folder / 'own'}, {ssh}", known)
        loaded = Fleet.load(self.folder / "lab.yaml", ())
        data = connection(loaded.spec.hosts[0], loaded, loaded.workstation.pinned())
        return reached(data, self.board)

    def jump(self, number: int = 1) -> str:
        return f"ann@127.0.0.1:{self.ports[number]}"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", "")
    login_key.cache_clear()
    keys = [blob(key(tmp_path))]
    rules = [Rules(keys=keys, key=paramiko.ECDSAKey.generate(), forwards=bool(n)) for n in range(3)]
    with ExitStack() as stack:
        ports = [stack.enter_context(login_server(one)) for one in rules]
        found = Site(tmp_path, rules[0], (rules[1], rules[2]), (ports[0], ports[1], ports[2]))
        yield found


def test_a_board_is_reached_through_a_jump_host(site: Site) -> None:
    found = site.tried(f"proxy_jump: {site.jump()}", site.pinned(0, 1))
    assert found.by == "key", found.said
    assert site.jumps[0].targets == [("127.0.0.1", site.ports[0])]


def test_and_through_two_of_them(site: Site) -> None:
    found = site.tried(f'proxy_jump: "{site.jump()},{site.jump(2)}"', site.pinned(0, 1, 2))
    assert found.by == "key", found.said
    assert site.jumps[0].targets == [("127.0.0.1", site.ports[2])]
    assert site.jumps[1].targets == [("127.0.0.1", site.ports[0])]


def test_with_a_password_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOARD", PASSWORD)
    site.board.keys = ()
    found = site.tried(f"password: {{env: BOARD}}, proxy_jump: {site.jump()}", site.pinned(0, 1))
    assert found.by == "password", found.said
    assert (site.board.sent, site.jumps[0].sent) == ([PASSWORD], [])


def test_a_jump_host_without_a_pinned_key_is_refused(site: Site) -> None:
    found = site.tried(f"proxy_jump: {site.jump()}", site.pinned(0))
    assert "has no pinned key: log in on it with `ssh` once" in found.said
    assert (site.jumps[0].offered, site.board.connections) == (0, 0)


def test_so_is_one_with_another_key(site: Site) -> None:
    lines = known_line(site.ports[0], site.board.key) + known_line(site.ports[1], site.jumps[1].key)
    found = site.tried(f"proxy_jump: {site.jump()}", lines)
    assert "shows another key than the one that is pinned" in found.said


def test_the_user_s_own_known_hosts_count_for_a_jump_host_alone(site: Site) -> None:
    (site.folder / ".ssh").mkdir()
    lines = known_line(site.ports[0], site.board.key) + known_line(site.ports[1], site.jumps[0].key)
    (site.folder / ".ssh/known_hosts").write_text(lines)
    found = site.tried(f"proxy_jump: {site.jump()}", site.pinned())
    assert "No host key for" in found.said
    assert site.jumps[0].targets
    found = site.tried(f"proxy_jump: {site.jump()}", site.pinned(0))
    assert found.by == "key", found.said


@pytest.mark.parametrize("what", ["login", "forwarding"])
def test_a_jump_host_that_leads_nowhere_says_why(site: Site, what: str) -> None:
    if what == "login":
        site.jumps[0].keys = ()
    else:
        site.jumps[0].forwards = False
    said = site.tried(f"proxy_jump: {site.jump()}", site.pinned(0, 1)).said
    assert {"login": "accepts no key", "forwarding": "cannot reach 127.0.0.1"}[what] in said


def test_a_configuration_of_its_own_is_read(site: Site) -> None:
    config = site.folder / "ssh_config"
    config.write_text(
        f"Host 127.0.0.1\n  ProxyJump gate\nHost gate\n  HostName 127.0.0.1\n  User ann\n"
        f"  Port {site.ports[1]}\n  ProxyJump none\n"
    )
    found = site.tried(f"config: {config}", site.pinned(0, 1))
    assert found.by == "key", found.said
    assert site.jumps[0].targets


def test_trust_shows_the_key_of_a_board_behind_a_jump_host(site: Site) -> None:
    ssh = f", key: {site.folder / 'own'}, proxy_jump: {site.jump()}"
    fleet(site.folder, site.ports[0], ssh, site.pinned(1))
    with mock.patch("sys.stdin", StringIO("y\n")):
        done = call("trust", site.folder / "lab.yaml", "board")
    assert done.returncode == 0, done.stdout + done.stderr
    assert site.jumps[0].targets == [("127.0.0.1", site.ports[0])]
    pinned_now = (site.folder / "known_hosts").read_text()
    assert known_line(site.ports[0], site.board.key) in pinned_now
