"""The public key that a board is given: the one of the private key, whatever is beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from jetfleet.errors import FleetError
from jetfleet.fleet.fleet import Fleet
from jetfleet.resources import RunOptions, User
from jetfleet.resources.user import UserState
from jetfleet.roles import bootstrap
from jetfleet.spec.secret import unreadable
from jetfleet.steps import Refused
from jetfleet.workstation.login_key import login_key
from jetfleet.workstation.own_keys import public_key
from tests.support.ssh_server import Key, keygen


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SSH_AUTH_SOCK", "")
    login_key.cache_clear()
    (tmp_path / ".ssh").mkdir()
    return tmp_path


def test_it_is_the_one_of_the_private_key(tmp_path: Path) -> None:
    own = Key.made(tmp_path / "own")
    assert public_key(str(own.path)).startswith(f"{own.public} ")


def test_another_key_beside_it_does_not_count(tmp_path: Path) -> None:
    own, other = Key.made(tmp_path / "own"), Key.made(tmp_path / "other")
    own.path.with_suffix(".pub").write_text(f"{other.public} mallory\n")
    assert public_key(str(own.path)).rpartition(" ")[0] != other.public
    assert "mallory" not in public_key(str(own.path))


def test_a_locked_key_has_one_too(tmp_path: Path) -> None:
    own = Key.made(tmp_path / "own")
    keygen("-q", "-p", "-N", "a canary", "-f", str(own.path))
    assert public_key(str(own.path)).startswith(own.public)


def test_a_comment_is_one_line(tmp_path: Path) -> None:
    own = Key.made(tmp_path / "own")
    own.path.with_suffix(".pub").write_text(f"{own.public} a\x1b[2J\u2028{own.public}\n")
    line = public_key(str(own.path))
    assert line.isprintable()
    assert len(line.splitlines()) == 1


def test_without_a_name_it_is_the_only_one(home: Path) -> None:
    with pytest.raises(FleetError, match="there is no SSH key"):
        public_key("")
    first = Key.made(home / ".ssh/id_ed25519")
    assert public_key("").startswith(first.public)
    login_key.cache_clear()
    Key.made(home / ".ssh/id_rsa", "rsa")
    with pytest.raises(FleetError, match="there are 2 SSH keys"):
        public_key("")


def test_a_key_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match="there is no key"):
        public_key(str(tmp_path / "none"))


def test_a_host_without_a_key_is_refused_and_a_lock_needs_none(tmp_path: Path) -> None:
    user = User("nvidia", keys=(unreadable("there is no SSH key"),))
    state = UserState(name="nvidia", exists=True, missing=1)
    with pytest.raises(Refused, match="there is no SSH key"):
        user.refuse(state, RunOptions())
    (tmp_path / "lab.yaml").write_text(
        'version: 1\nhosts: {a: {address: 192.0.2.1, module: agx-orin-64gb, jetpack: "6.2"}}\n'
    )
    fleet = Fleet.load(tmp_path / "lab.yaml", (bootstrap,))
    (_, wanted) = fleet.desired("a", (bootstrap,)).resources
    with pytest.raises(Refused, match="there is no SSH key"):
        wanted.refuse(state, RunOptions())
