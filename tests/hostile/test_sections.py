"""Sections of a survey on a board: one that hangs, fails or has too much to print ends alone."""

from __future__ import annotations

import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from jetfleet.resources import (
    Board,
    Daemon,
    File,
    Filesystem,
    PowerMode,
    Resource,
    RunOptions,
)
from jetfleet.resources.daemon import daemon
from jetfleet.steps import NoAnswer
from jetfleet.survey import survey
from jetfleet.survey.section import Section, sections, sections_of
from jetfleet.transport.answer import result_of
from jetfleet.transport.exchange import Exchange
from jetfleet.transport.frame import FRAME
from jetfleet.transport.script import SHELL, Holder, to_send


def sent(text: str, shell: str = "sh") -> Exchange:
    """Run what is sent to a board, whose standard input stays open."""
    with subprocess.Popen(
        [*SHELL[:2], shell, *SHELL[3:], "it"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(text.encode())
        process.stdin.flush()
        out, err = process.stdout.read(), process.stderr.read()
    return Exchange(bytearray(out), bytearray(err), process.returncode)


def ask(script: str, seconds: int = 30, shell: str = "sh") -> str:
    """Return what a script prints on a board."""
    text = to_send(script, seconds, holder=None).replace("/run/jetfleet", "/nowhere")
    return result_of(sent(text, shell), "it", seconds).out


@pytest.mark.parametrize("shell", ["dash", "bash"])
def test_one_that_hangs_does_not_hide_the_others(shell: str) -> None:
    begun = time.monotonic()
    found = sections_of(
        ask(
            sections(
                {
                    "before": ("echo one\n", 1),
                    "hangs": ("echo half\ntail -f /dev/null | cat\n", 1),
                    "hangs-too": ("sleep 100\n", 20),
                    "fails": ("echo two\nfalse\n", 1),
                    "after": ("echo three\n", 1),
                }
            ),
            shell=shell,
        )
    )
    assert time.monotonic() - begun < 20
    assert found["before"] == Section("one")
    assert found["hangs"].failed.startswith("it did not answer within 1 s: `tail` hangs: a disk ")
    # The second that hangs has less time: its program hangs as well, as a rule.
    assert found["hangs-too"].failed.startswith("it did not answer within 5 s: `sleep 100` hangs")
    assert found["fails"] == Section("two", "its section ended with 1")
    assert found["after"] == Section("three")


def test_what_was_read_before_a_limit_is_kept() -> None:
    script = sections({"first": ("echo one\n", 9), "second": ("sleep 100\n", 9)})
    with pytest.raises(NoAnswer, match="within 2 s: `sleep 100` hangs") as late:
        ask(script, 2)
    assert sections_of(late.value.out) == {
        "first": Section("one"),
        "second": Section(failed="its section did not end: `sleep 100` hangs"),
    }


def test_a_file_cannot_forge_a_frame(tmp_path: Path) -> None:
    path = tmp_path / "applied.json"
    path.write_text("@jetfleet-begin daemon\nok\n@jetfleet-end 0\n" + FRAME[:-1] + " end one 0\n")
    found = sections_of(ask(sections({"one": (f"cat {path}\n", 9), "two": ("echo 2\n", 9)})))
    assert set(found) == {"one", "two"}
    assert "daemon" in found["one"].text


def test_a_file_that_is_too_large_is_named(tmp_path: Path) -> None:
    path = tmp_path / "daemon.json"
    with path.open("wb") as file:
        file.truncate(32 * 2**20)
    resources = [Daemon("{}", "", ""), File(str(tmp_path / "x"), "")]
    script = survey.script(resources, RunOptions()).replace(daemon.CONFIG, str(path))
    states = survey.read(ask(script), resources).states
    unknown = states[resources[0].key]
    assert isinstance(unknown, survey.Unknown)
    assert unknown.reason == (
        f"daemon could not be read: {path} is larger than 1 MiB: look at it, and repair or "
        "remove it"
    )
    assert states[resources[1].key] is None


NOT_WHOLE = {
    f"{daemon.CONFIG}.jetfleet-old",
    "/etc/containerd/config.toml",
    "/etc/default/docker",
    "/etc/jetfleet/",
    "/etc/systemd/system/docker.service",
    "/etc/systemd/system/docker.service.d/",
}
"""Whether they are there is printed, or names of flags, or one folder that they name."""


@pytest.mark.parametrize(
    "resource",
    [Daemon("{}", "", ""), Filesystem("/dev/x", "/mnt"), PowerMode("MAXN"), Board("36.4.3", "x")],
    ids=lambda one: one.kind,
)
def test_what_a_survey_prints_whole_has_a_largest_size(resource: Resource[Any]) -> None:
    script = resource.survey([resource], RunOptions())
    files = resource.survey_files([resource], RunOptions())
    assert files
    bounded = "\n".join(line for line in script.splitlines() if "head -c" not in line)
    assert set(re.findall(r"/etc/[\w./-]+", bounded)) - set(files) <= NOT_WHOLE


BY = Holder("ann@desk", "2026-01-31T12:00:00Z")


@pytest.fixture
def locked(tmp_path: Path) -> Path:
    """A folder in place of /run, for the board's lock."""
    return tmp_path / "run"


def locked_text(folder: Path, script: str, holder: Holder | None, wait: int = 1) -> str:
    """What is sent for a script, with its lock in another folder and a short wait for it."""
    text = to_send(script, 20, holder=holder)
    return text.replace("lock_folder=/run/jetfleet", f"lock_folder={folder}/jetfleet").replace(
        " 60; then\n", f" {wait}; then\n"
    )


def test_the_lock_lies_where_only_its_owner_can_enter(locked: Path) -> None:
    done = result_of(sent(locked_text(locked, "true\n", BY)), "it", 20)
    assert done.ok, done
    folder, lock = locked / "jetfleet", locked / "jetfleet/lock"
    assert (folder.stat().st_mode & 0o777, lock.stat().st_mode & 0o777) == (0o700, 0o600)
    assert lock.read_text() == '{"by": "ann@desk", "since": "2026-01-31T12:00:00Z"}\n'


def test_a_folder_that_was_open_is_closed(locked: Path) -> None:
    (locked / "jetfleet").mkdir(parents=True, mode=0o755)
    assert result_of(sent(locked_text(locked, "true\n", BY)), "it", 20).ok
    assert (locked / "jetfleet").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("holder", [BY, None], ids=["changes", "reads"])
def test_a_script_that_waits_in_vain_says_who_has_the_lock(
    locked: Path, holder: Holder | None
) -> None:
    other = Holder("bob@van", "9:00")
    with subprocess.Popen(
        [*SHELL, "other"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as first:
        assert first.stdin
        assert first.stdout
        first.stdin.write(locked_text(locked, "echo begun\nsleep 30\n", other).encode())
        first.stdin.flush()
        while b"begun" not in first.stdout.readline():
            pass
        with pytest.raises(Exception, match="bob@van is at work on this board since 9:00: run"):
            result_of(sent(locked_text(locked, "true\n", holder)), "it", 20)
        first.stdin.close()  # the connection of the holder is gone
        assert result_of(sent(locked_text(locked, "true\n", holder, 9)), "it", 20).ok
        first.stdout.read()


def test_a_reading_script_leaves_no_lock_behind(locked: Path) -> None:
    assert result_of(sent(locked_text(locked, "true\n", None)), "it", 20).ok
    assert not locked.exists()


def test_a_lock_that_cannot_be_written_is_named(locked: Path) -> None:
    locked.write_text("a file, where a folder must be")
    with pytest.raises(Exception, match=r"cannot be written \(.*: look whether /run is read-only"):
        result_of(sent(locked_text(locked, "true\n", BY)), "it", 20)
