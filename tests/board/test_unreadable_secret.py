"""A file whose secret cannot be read here: all but the secret is compared, and nothing shows it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jetfleet.resources import File, RunOptions
from jetfleet.spec.secret import unreadable
from jetfleet.steps import Links, Refused
from jetfleet.steps.link import LinkResolver

WHY = unreadable("the environment variable K has no secret")


def changes(content: str, path: Path) -> list[str]:
    """Attributes of a file with this content that differ from the file on the board."""
    stat = path.stat()
    file = File(
        str(path), content, f"{stat.st_mode & 0o777:o}", path.owner(), path.group(), secret=True
    )
    script = f"export LC_ALL=C\n{File.survey([file], RunOptions(diff=True))}"
    done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=True)
    assert "tiger" not in done.stdout
    actual = File.read(done.stdout, [file])[file.key]
    found = file.compare(actual, RunOptions(diff=True))
    assert all(change.diff is None for change in found)
    return [change.attribute for change in found]


@pytest.mark.parametrize(
    ("board", "same"),
    [
        ("A=1\nKEY=tiger-1\nZ=ä\n", True),
        ("A=1\nKEY=tiger-other\nZ=ä\n", True),
        ("A=1\nKEY=\nZ=ä\n", True),
        ("A=2\nKEY=tiger-1\nZ=ä\n", False),
        ("A=1\nKEY2=tiger-1\nZ=ä\n", False),
        ("A=1\nKEY=tiger-1\nNEW=1\nZ=ä\n", False),
        ("A=1\nKEY=tiger-1\nZ=ä", False),
        ("A=1\nZ=ä\n", False),
        ("", False),
    ],
)
def test_what_is_known_of_the_content_is_compared(board: str, same: bool, tmp_path: Path) -> None:  # noqa: FBT001
    path = tmp_path / "an env's file"
    path.write_text(board)
    path.chmod(0o600)
    assert changes(f"A=1\nKEY={WHY}\nZ=ä\n", path) == ([] if same else ["content"])


def test_letters_before_a_secret_are_counted_as_bytes(tmp_path: Path) -> None:
    path = tmp_path / "env"
    path.write_text("ÄÖ=(.*)tiger-1/&tail\n")
    assert changes(f"ÄÖ=(.*){WHY}/&tail\n", path) == []
    assert changes(f"ÄÖ=(.+){WHY}/&tail\n", path) == ["content"]


def test_every_secret_that_is_missing_is_named_once() -> None:
    other = unreadable("the file k has no secret")
    file = File("/x", f"A={WHY}\nB={other}\nC={WHY}\n", "600", secret=True)
    assert file.unreadable == ("the environment variable K has no secret; the file k has no secret")


def test_a_missing_file_is_a_change_that_is_refused_with_the_reason(tmp_path: Path) -> None:
    file = File(str(tmp_path / "env"), f"KEY={WHY}\n", "600", secret=True)
    change, *more = file.compare(None, RunOptions())
    assert not more
    assert change.sentence.endswith(
        "env is absent, and to write it needs a secret: the environment variable K has no secret"
    )
    steps = file.steps(None, [change], RunOptions(), LinkResolver(lambda *_: Links({})))
    with pytest.raises(Refused, match="needs a secret: the environment variable K has no secret"):
        next(steps)
