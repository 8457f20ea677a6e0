"""The program that writes one file, also in a folder of a user who sows links there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from jetfleet.board import write

PRECIOUS = "precious root file"

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root writes for others")


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    victim = tmp_path / "victim"
    (victim / "folder").mkdir(parents=True)
    (victim / "file").write_text(PRECIOUS)
    (victim / "file").chmod(0o600)
    return victim


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder of another user."""
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 1234, 1234)
    return home


def put(path: Path, **job: Any) -> str:
    """Write a file; return the error."""
    mask = os.umask(0o022)
    try:
        given = {"path": str(path), "text": "new", "mode": "600", "owner": "root", "group": "root"}
        write.main({**given, **job})
    except SystemExit as error:
        return str(error)
    finally:
        os.umask(mask)
    return ""


def safe(victim: Path) -> bool:
    file = victim / "file"
    kept = (file.read_text(), file.stat().st_mode & 0o777, file.stat().st_uid)
    return kept == (PRECIOUS, 0o600, 0) and not list((victim / "folder").iterdir())


@pytest.mark.parametrize("target", ["file", "folder", "nothing"])
@pytest.mark.parametrize("name", ["settings", ".jetfleet-new"])
def test_a_link_in_place_of_a_file_is_replaced(
    home: Path, victim: Path, name: str, target: str
) -> None:
    (home / name).symlink_to(victim / target)
    assert put(home / "settings") == ""
    assert (home / "settings").read_text() == "new"
    assert not (home / "settings").is_symlink()
    assert [path.name for path in home.iterdir()] == ["settings"]
    assert safe(victim)


def test_a_hard_link_is_not_written_into(home: Path, victim: Path) -> None:
    (home / "settings").hardlink_to(victim / "file")
    (home / ".jetfleet-new").hardlink_to(victim / "file")
    assert put(home / "settings") == ""
    assert safe(victim)


def test_a_link_in_place_of_a_folder_is_refused(home: Path, victim: Path) -> None:
    (home / ".config").symlink_to(victim / "folder")
    assert f"{home}/.config is a link, which root does not follow" in put(home / ".config/a/b")
    assert safe(victim)


def test_a_link_that_only_root_can_have_made_is_followed(tmp_path: Path) -> None:
    """As /lib, which leads to /usr/lib."""
    (tmp_path / "usr").mkdir()
    (tmp_path / "lib").symlink_to("usr")
    tmp_path.chmod(0o755)
    assert put(tmp_path / "lib/a/unit") == ""
    assert (tmp_path / "usr/a/unit").read_text() == "new"


def test_a_file_gets_its_owner_and_its_mode(home: Path) -> None:
    assert put(home / "settings", owner="daemon", group="daemon", mode="640") == ""
    found = (home / "settings").stat()
    assert found.st_mode & 0o777 == 0o640
    assert found.st_uid != 0


def test_a_user_that_does_not_exist_is_named(home: Path) -> None:
    said = put(home / "settings", owner="nobody-has-this-name")
    assert "has no user nobody-has-this-name" in said
    assert not list(home.iterdir())


def test_an_error_names_the_file_and_the_reason(home: Path) -> None:
    name = "n" * 300
    assert put(home / name) == f"{home}/{name} cannot be written: File name too long"
