"""The program that reads and changes users, on a board's files in a scratch root."""

from __future__ import annotations

import json
import os
import pwd
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from jetfleet.board import accounts

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMadeUpKeyOfATestcanary0000000000000000 ada@laptop"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAnotherKeyOfATestcanary00000000000000 bob@desk"
PRECIOUS = "precious root file\n"
UID = 1234

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "ada"
    home.mkdir()
    os.chown(home, UID, UID)
    return home


def user(home: Path) -> Any:
    """A user with this home, as the passwd database has them."""
    return SimpleNamespace(pw_name="ada", pw_dir=str(home), pw_uid=UID, pw_gid=UID)


def keys(home: Path) -> str:
    return (home / ".ssh/authorized_keys").read_text()


def test_a_first_key_makes_the_folder_for_its_user_alone(home: Path) -> None:
    accounts.add_keys(user(home), [KEY])
    assert keys(home) == f"{KEY}\n"
    for path, mode in ((home / ".ssh", 0o700), (home / ".ssh/authorized_keys", 0o600)):
        found = path.stat()
        assert (found.st_uid, found.st_gid, found.st_mode & 0o777) == (UID, UID, mode)


def test_a_key_is_added_after_those_that_are_there(home: Path) -> None:
    (home / ".ssh").mkdir(mode=0o755)
    (home / ".ssh/authorized_keys").write_text(f'# mine\ncommand="date" {OTHER}')
    accounts.add_keys(user(home), [OTHER, KEY])
    assert keys(home) == f'# mine\ncommand="date" {OTHER}\n{KEY}\n'
    assert (home / ".ssh").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize(
    ("line", "lacks"),
    [
        (KEY, 0),
        (KEY.rsplit(" ", 1)[0], 0),  # without its comment
        (f'from="192.0.2.1" {KEY}', 0),
        (f"# {KEY}", 1),
        (OTHER, 1),
        ("", 1),
    ],
)
def test_a_key_is_known_by_its_kind_and_its_text(line: str, lacks: int) -> None:
    assert len(accounts.missing([KEY], [line])) == lacks


@pytest.mark.parametrize("place", [".ssh", ".ssh/authorized_keys"])
def test_no_link_of_the_user_is_followed(home: Path, tmp_path: Path, place: str) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "authorized_keys").write_text(PRECIOUS)
    target = victim
    if place != ".ssh":
        (home / ".ssh").mkdir()
        target = victim / "authorized_keys"
    (home / place).symlink_to(target)
    with pytest.raises(accounts.Unsafe):
        accounts.add_keys(user(home), [KEY])
    with pytest.raises(accounts.Unsafe):
        accounts.keys_of(user(home))
    assert (victim / "authorized_keys").read_text() == PRECIOUS
    assert [path.name for path in victim.iterdir()] == ["authorized_keys"]


def test_users_are_read_in_one_go(capsys: pytest.CaptureFixture[str]) -> None:
    wanted = {"groups": ["root", "nobody-has-this-group"], "keys": [KEY]}
    names = ("root", "nobody-has-this-name")
    accounts.main({"read": [{"name": name, **wanted} for name in names]})
    root, nobody = map(json.loads, capsys.readouterr().out.splitlines())
    assert (root["exists"], root["groups"]) == (True, ["root"])
    assert root["shell"] == pwd.getpwnam("root").pw_shell
    assert root["missing"] == 1
    assert nobody == {"name": "nobody-has-this-name", "exists": False}


def test_a_group_that_does_not_exist_is_named_before_anything_changes() -> None:
    job = {"name": "nobody-has-this-name", "groups": ["vidoe"], "keys": [], "shell": ""}
    with pytest.raises(SystemExit) as ended:
        accounts.main({"change": job})
    assert "the board has no group vidoe" in str(ended.value)
    assert accounts.account("nobody-has-this-name") is None
