"""The exit codes: one table in the code, the same in the documents, and held by every command."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from jetfleet.cli import Jetfleet
from jetfleet.cli.exit_codes import ExitCode, exit_code, interrupted
from jetfleet.events.state import State
from tests.support.cli import call
from tests.support.rendered import ROOT

FORMATS = (ROOT / "docs/formats.md").read_text(encoding="utf-8")

DONE, ERROR, DIFFERENCES = ExitCode.DONE, ExitCode.ERROR, ExitCode.DIFFERENCES


@pytest.mark.parametrize(
    ("states", "code"),
    [
        ((), 0),
        (("in-sync",), 0),
        (("in-sync", "changed"), 0),
        (("in-sync", "changes"), 2),
        (("changes", "refused"), 3),
        (("unreachable", "in-sync"), 3),
        (("skipped", "changed"), 3),
        (("failed", "unreachable", "changes"), 4),
        (("changed", "interrupted"), 4),
    ],
)
def test_the_most_severe_state_decides(states: tuple[State, ...], code: int) -> None:
    assert exit_code(states) == code


def test_every_state_has_a_code_and_a_line_in_the_documents() -> None:
    for state in get_args(State):
        assert exit_code([state]) in {0, 2, 3, 4}
        assert f"| `{state}` |" in FORMATS


def test_a_signal_has_the_code_that_shells_give_it() -> None:
    assert [interrupted(number) for number in (1, 2, 15)] == [129, 130, 143]
    assert "| 129, 130, 143 |" in FORMATS


def test_the_documents_have_every_code_and_every_command() -> None:
    for code in ExitCode:
        assert f"\n| {code} | " in FORMATS
    table = FORMATS.partition("| command | codes |")[2].partition("\n\n")[0]
    listed = re.findall(r"`(?:jetfleet )?(\w+)`", table)
    assert sorted(listed) == sorted(Jetfleet.table)


def test_no_other_module_names_a_code() -> None:
    for path in (ROOT / "jetfleet/cli").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"typer\.Exit\((?:code=)?\d|SystemExit\(\d|\.end\(\d", text), path


@pytest.mark.parametrize("name", [*Jetfleet.table])
@pytest.mark.parametrize("words", [("--no-such-option",), ("a", "b", "c", "d", "--nor-this")])
def test_wrong_use_of_every_command_is_an_error(name: str, words: tuple[str, ...]) -> None:
    done = call(name, *words)
    assert (done.returncode, "Usage: " in done.stderr) == (ERROR, True)


MISSING = {
    "adopt": ("nobody",),
    "apply": ("none.yaml",),
    "bench": ("show", "none.json"),
    "catalog": ("no-such-module",),
    "diff": ("none.yaml",),
    "bundle": ("none.yaml", "-o", "bundle"),
    "doctor": ("none.yaml",),
    "drift": ("none.yaml",),
    "explain": ("no-such-rule",),
    "lease": ("show", "none.yaml"),
    "lock": ("none.yaml",),
    "log": ("none.yaml", "nano"),
    "plan": ("none.yaml",),
    "prune": ("none.yaml",),
    "render": ("none.yaml", "-o", "out"),
    "report": ("none", "--html", "out.html"),
    "rollout": ("plan", "none.yaml"),
    "status": ("none.yaml",),
    "trust": ("none.yaml", "nano"),
    "twin": ("list", "none.yaml"),
    "validate": ("none.yaml",),
}
"""A call of each command with something that is not there; init and schema need nothing."""


@pytest.mark.parametrize("name", MISSING)
def test_a_missing_file_or_name_is_an_error(name: str, tmp_path: Path) -> None:
    done = call(name, *MISSING[name], cwd=tmp_path)
    assert done.returncode == ERROR, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_every_command_has_its_error() -> None:
    assert {*MISSING, "init", "schema"} == {*Jetfleet.table}


def twice(folder: Path) -> tuple[str, ...]:
    call("init", folder)
    return ("init", str(folder))


LAB = str(ROOT / "inventory/lab.yaml")
ANSWERS: dict[str, tuple[Callable[[Path], tuple[str, ...]], ExitCode]] = {
    "init": (lambda folder: ("init", str(folder)), DONE),
    "init over files": (twice, ERROR),
    "schema": (lambda _: ("schema",), DONE),
    "catalog": (lambda _: ("catalog", "agx-thor", "--jetpack", "7.0"), DONE),
    "explain": (lambda _: ("explain",), DONE),
    "validate": (lambda _: ("validate", LAB), DONE),
    "render": (lambda folder: ("render", LAB, "-o", str(folder / "out")), DONE),
    "help": (lambda _: ("--help",), DONE),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_commands_that_ask_no_host(name: str, tmp_path: Path) -> None:
    words, code = ANSWERS[name]
    done = call(*words(tmp_path))
    assert done.returncode == code, done.stderr
