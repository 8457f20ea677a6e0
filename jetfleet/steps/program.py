"""Shell text that runs programs of `jetfleet.board` on a board without installing them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jetfleet.board import program
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_END = "JETFLEET_JOB_END"

_PYTHON = "python3 -IS -c"
"""Without modules of the current folder, of variables and of packages: none of ours needs them, and
they would run as root."""


def run_program(*names: str, job: Mapping[str, Any], seconds: int | None = None) -> str:
    """Return a script that runs a Python program; the job travels with it on standard input.

    Nothing of the job shows in an argument list, and nothing is written on the board.

    Parameters
    ----------
    names:
        Files of the modules that the program imports, then its own, such as ``fetch.py``.
    seconds:
        The longest that it may run.

    """
    limit = f"timeout {seconds} " if seconds else ""
    launched = words([program("launch.py")])
    return f"{limit}{_PYTHON} {launched} <<'{_END}'\n{_sent(names, job)}\n{_END}\n"


def filter_program(*names: str, job: Mapping[str, Any]) -> str:
    """Return a command that runs a Python program on what a pipe before it writes.

    The program and its job travel beside standard input; see `run_program` for the parameters.
    """
    launched = words([program("launch.py"), "3"])
    return f"{_PYTHON} {launched} 3<<'{_END}'\n{_sent(names, job)}\n{_END}\n"


def modules_of(names: Sequence[str]) -> dict[str, str]:
    """Return the texts of modules by name, as ``launch.py`` reads them."""
    return {f"jetfleet.board.{name.removesuffix('.py')}": program(name) for name in names}


def _sent(names: Sequence[str], job: Mapping[str, Any]) -> str:
    return json.dumps({"modules": modules_of(names), "job": job})


def run_shell(name: str, *arguments: str) -> str:
    """Return a script that runs a shell program with arguments; it is on standard input itself."""
    return f"sh -s -- {words(arguments)} <<'{_END}'\n{program(name)}{_END}\n"
