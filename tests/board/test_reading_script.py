"""A reading runs after a script that has ended well, and keeps what others say of themselves."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jetfleet.converge.command import Command


@pytest.mark.parametrize(
    ("own", "status", "read"),
    [
        ("exit 0", 0, True),
        ("set -eu; echo changed", 0, True),
        ("cat <<END\nexit 7\nEND", 0, True),
        ("exit 7", 7, False),
        ("set -e\nfalse\necho no", 1, False),
        ("exec false", 1, False),
    ],
)
def test_only_a_script_that_went_well_is_followed(own: str, status: int, read: bool) -> None:  # noqa: FBT001
    sent = Command([own], "echo read; (exit 3)")
    done = subprocess.run(["sh"], input=sent.script, text=True, capture_output=True, check=False)
    assert done.returncode == status
    assert [part == "read\n" for part in sent.printed(done.stdout)[1:]] == [True] * read


def test_each_script_has_a_shell_and_an_output_of_its_own() -> None:
    sent = Command(["cd /; x=1; printf one; echo not >&2", "pwd; echo $x", "exit 9", "echo no"])
    done = subprocess.run(
        ["sh"], input=sent.script, text=True, capture_output=True, check=False, cwd="/usr"
    )
    assert done.returncode == 9
    assert sent.printed(done.stdout) == ["one", "/usr\n\n", ""]
    assert sent.printed(done.stderr) == ["not\n", "", ""]
    assert sent.printed(done.stderr.removesuffix("\n")) == ["not\n", "", ""], "as in an answer"


@pytest.mark.parametrize(("when", "read"), [("true", True), ("false", False), ("", True)])
def test_a_reading_waits_for_its_condition(when: str, read: bool) -> None:  # noqa: FBT001
    sent = Command(["true"], "echo read", when)
    done = subprocess.run(["sh"], input=sent.script, text=True, capture_output=True, check=True)
    assert ("read" in done.stdout) is read


def test_what_a_reading_leaves_running_does_not_keep_the_lock(tmp_path: Path) -> None:
    sent = Command(["true"], "sleep 5 >/dev/null 2>&1 &")
    lock = f"exec 9>>{tmp_path}/lock; flock 9\n"
    subprocess.run(["sh"], input=lock + sent.script, text=True, check=True, timeout=4)
    subprocess.run(["flock", "-n", str(tmp_path / "lock"), "true"], check=True)
