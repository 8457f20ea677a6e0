"""A reading runs after a script that has ended well, and keeps what others say of themselves."""

from __future__ import annotations

import subprocess

import pytest

from jetfleet.converge.reading import Reading
from jetfleet.steps import Run


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
    sent = Reading("echo read; (exit 3)", 60).after(Run(own, "Write a file", 120))
    done = subprocess.run(["sh"], input=sent.script, text=True, capture_output=True, check=False)
    assert done.returncode == status
    assert ("read" in done.stdout) is read
