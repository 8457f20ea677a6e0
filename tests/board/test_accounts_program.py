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


HOSTILE = [
    b"# mine\r\n" + OTHER.encode() + b"\r\n\r\n",
    f"{OTHER} \u2028{KEY}\n".encode(),  # one line: a comment with a separator and a key in it
    f"{OTHER} \x0b\x0c\x85\n".encode(),
    b"\xff\xfe not text \x00\n",
    b"no line end",
    b"\n\n",
]


@pytest.mark.parametrize("content", HOSTILE)
def test_what_is_there_stays_byte_by_byte(content: bytes, home: Path) -> None:
    (home / ".ssh").mkdir()
    (home / ".ssh/authorized_keys").write_bytes(content)
    accounts.add_keys(user(home), [KEY])
    end = b"" if content.endswith(b"\n") else b"\n"
    whole = content + end + f"{KEY}\n".encode()
    assert (home / ".ssh/authorized_keys").read_bytes() == whole
    accounts.add_keys(user(home), [KEY])
    assert (home / ".ssh/authorized_keys").read_bytes() == whole


KIND, BASE64, _ = KEY.split(" ")


@pytest.mark.parametrize(
    ("line", "lacks"),
    [
        (f'command="echo {KIND} {BASE64} x" {OTHER}', 1),
        (f'command="a \\" {KIND} {BASE64} b" {OTHER}', 1),
        (f"cert-authority {KEY}", 1),
        (f'no-pty,command="echo \\"a b\\"" {KEY}', 0),
        (f"\t{KEY}", 0),
        (f"{KEY}\r", 0),
        (f"{OTHER} {KIND} {BASE64}", 1),
    ],
)
def test_a_key_counts_where_sshd_takes_it(line: str, lacks: int) -> None:
    assert len(accounts.missing([KEY], [line])) == lacks


def test_what_others_may_write_is_named_and_closed(home: Path) -> None:
    (home / ".ssh").mkdir()
    file = home / ".ssh/authorized_keys"
    file.write_text(f"{KEY}\n")
    assert accounts.unsafe_for_sshd(user(home)) == []
    for path, mode in ((home, 0o775), (home / ".ssh", 0o777), (file, 0o666)):
        path.chmod(mode)
    assert accounts.unsafe_for_sshd(user(home)) == [str(home), str(home / ".ssh"), str(file)]
    accounts.add_keys(user(home), [KEY])
    assert accounts.unsafe_for_sshd(user(home)) == []
    assert [path.stat().st_mode & 0o777 for path in (home, home / ".ssh", file)] == [
        0o755,
        0o755,
        0o600,
    ]
