"""Help fits a screen, wrong use ends in status 1, and Tab completes."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from importlib.metadata import version

import pytest
import typer

from jetfleet.cli import Jetfleet, app
from jetfleet.cli.commands import Commands
from tests.support.cli import call, run

COLUMNS, LINES = 80, 24


def commands() -> Iterator[tuple[str, ...]]:
    """Every command, as the words that call it."""
    group = typer.main.get_command(app)
    assert isinstance(group, Commands)
    yield ()
    for name in group.list_commands(None):
        yield (name,)
        command = group.get_command(None, name)
        yield from ((name, below) for below in getattr(command, "commands", ()))


@pytest.mark.parametrize("words", [*commands()], ids=" ".join)
def test_help_fits_a_screen(words: tuple[str, ...]) -> None:
    done = call(*words, "--help", environ={"COLUMNS": str(COLUMNS), "LINES": str(LINES)})
    lines = done.stdout.splitlines()
    assert done.returncode == 0
    # The prompt that follows needs a line too.
    assert len(lines) < LINES, done.stdout
    assert max(map(len, lines)) <= COLUMNS, done.stdout
    assert len(lines) > 5


@pytest.mark.parametrize("name", [*Jetfleet.table])
def test_the_list_of_commands_says_what_each_says_of_itself(name: str) -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, Commands)
    command = group.get_command(None, name)
    assert command is not None
    summary = Jetfleet.table[name].summary
    assert command.get_short_help_str(200) == summary
    shown = call("--help").stdout
    if Jetfleet.table[name].looks_up:
        (line,) = (one for one in shown.splitlines() if one.startswith("What jetfleet knows: "))
        assert name in line
    else:
        assert f"  {name:<10}{summary}\n" in shown


@pytest.mark.parametrize("words", [("validate",), ("validate", "--none"), ("nonsense",)])
def test_wrong_use_is_an_error_and_no_answer(words: tuple[str, ...]) -> None:
    done = call(*words)
    assert done.returncode == 1
    assert "Usage: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [("valdate", "x.yaml"), ("statsu",), ("docter",)])
def test_a_mistyped_command_is_answered_with_the_nearest(words: tuple[str, ...]) -> None:
    meant = {"valdate": "validate", "statsu": "status", "docter": "doctor"}[words[0]]
    done = call(*words)
    assert done.returncode == 1
    assert f"No such command '{words[0]}'. Did you mean '{meant}'?" in done.stderr


def test_a_command_that_is_like_no_other_gets_no_advice() -> None:
    assert "Did you mean" not in call("qqqqq").stderr


def test_the_version_is_shown() -> None:
    done = call("--version")
    assert done.returncode == 0
    assert done.stdout.startswith(f"jetfleet {version('jetfleet')} (pyinfra ")


@pytest.mark.parametrize("words", [(), ("plan",), ("bench", "show"), ("twin", "up")])
def test_h_is_help(words: tuple[str, ...]) -> None:
    assert call(*words, "-h").stdout == call(*words, "--help").stdout


def complete(words: str) -> set[str]:
    environ = {
        "_JETFLEET_COMPLETE": "complete_bash",
        "COMP_WORDS": words,
        "COMP_CWORD": str(len(words.split(" ")) - 1),
    }
    return set(run(environ=environ).stdout.split())


def test_tab_completes_commands_and_options() -> None:
    assert complete("jetfleet va") == {"validate"}
    assert {"up", "down", "list"} <= complete("jetfleet twin ")
    assert "--json" in complete("jetfleet validate --")
    assert {"--version", "--help"} <= complete("jetfleet --")
    assert complete("jetfleet plan inventory/lab.yaml --junit") == {"--junit"}
    assert complete("jetfleet plan --json --markd") == {"--markdown"}
    assert complete("jetfleet --unknown va") == {"validate"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_is_given_a_script_that_it_can_read(shell: str) -> None:
    environ = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = run("--show-completion", shell, environ=environ)
    assert done.returncode == 0
    assert "_JETFLEET_COMPLETE" in done.stdout
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=done.stdout, text=True, check=True)
