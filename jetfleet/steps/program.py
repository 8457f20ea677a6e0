"""Shell text that runs programs of `jetfleet.board` on a board without installing them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jetfleet.board import program
from jetfleet.steps.shell import words

if TYPE_CHECKING:
    from collections.abc import Mapping

_END = "JETFLEET_JOB_END"


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
    modules = {f"jetfleet.board.{name.removesuffix('.py')}": program(name) for name in names}
    limit = f"timeout {seconds} " if seconds else ""
    sent = json.dumps({"modules": modules, "job": job})
    return f"{limit}python3 -c {words([program('launch.py')])} <<'{_END}'\n{sent}\n{_END}\n"


def run_shell(name: str, *arguments: str) -> str:
    """Return a script that runs a shell program with arguments; it is on standard input itself."""
    return f"sh -s -- {words(arguments)} <<'{_END}'\n{program(name)}{_END}\n"
