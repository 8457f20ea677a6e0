"""No board, hub or spec commands the operator's terminal, through pyinfra or a command."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.cli import run
from tests.support.pyinfra import ROOT

HOSTILE = "\x1b]0;title\x07 \x1b[2J \u202e \x00 a\rb \udcff"

# What the operations print, and what pyinfra prints by itself of a board: its log, its traceback.
PROGRAM = """
import logging, sys
from types import SimpleNamespace
import click
from jetfleet.converge.say import say, say_changes, say_error, say_warning
from jetfleet.inventory import hosts as inventory
from jetfleet.resources import Change
from pyinfra import logger
from pyinfra_cli.log import setup_logging
setup_logging(logging.INFO)
inventory(sys.argv[1])
hostile = sys.argv[2].encode().decode("unicode_escape") + "\\udcff"
host = SimpleNamespace(print_prefix="[nano] ")
change = Change(hostile, hostile, hostile, hostile, diff=(f"old {hostile}\\n", f"new {hostile}\\n"))
say(host, hostile); say_error(host, hostile); say_warning(host, hostile)
say_changes(host, [change])
logger.info(f"[nano] raw {hostile}")
logger.warning("[nano] raw %s", hostile)
click.echo(f"[nano] >>> {hostile}", err=True)
print(hostile)
raise ValueError(hostile)
"""


def test_the_process_of_pyinfra_prints_no_control_character(tmp_path: Path) -> None:
    data = ROOT / "tests/data"
    spec = tmp_path / "fleet.py"
    shutil.copy(data / "fleet.yaml", spec.with_suffix(".yaml"))
    shutil.copy(data / "lock.yaml", spec.with_suffix(".lock.yaml"))
    escaped = HOSTILE[:-1].encode("unicode_escape").decode()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(spec), escaped],
        capture_output=True,
        check=False,
        cwd=ROOT,
    )
    said = (done.stdout + done.stderr).decode()
    assert said.count("title") >= 10, said
    _inert(said)


@pytest.mark.parametrize("command", ["validate", "lock", "plan", "apply", "drift", "status"])
def test_a_hostile_spec_commands_no_terminal(command: str, tmp_path: Path) -> None:
    spec = tmp_path / "lab.yaml"
    hostile = r"\x1b]0;title\x07 \x1b[2J \u202e \r"
    spec.write_text(f'hosts:\n  nano:\n    board: "{hostile}"\n    "{hostile}": "{hostile}"\n')
    spec.with_suffix(".py").write_text(
        "from jetfleet.inventory import hosts\nlab = hosts(__file__)\n"
    )
    done = run(command, spec)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    assert "title" in said
    _inert(said)


def _inert(said: str) -> None:
    left = re.sub(r"\x1b\[[0-9;]*m", "", said)
    acting = {char for char in left if not char.isprintable()} - {"\n", "\t"}
    assert not acting, [line for line in left.splitlines() if acting & set(line)]
