"""Passwords of the boards that a user types for a command, and how pyinfra gets them."""

from __future__ import annotations

import getpass
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.environment import LOGIN, SUDO
from jetfleet.errors import FleetError
from jetfleet.transport.sudo import OPTION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MOST_BYTES = 4096
"""A pipe takes this many at once: pipe(7), PIPE_BUF."""


@dataclass(frozen=True)
class Question:
    """A password that can be typed.

    Parameters
    ----------
    option:
        The option of a command that asks for it.
    key:
        The key of `ssh` in a spec that can name it instead, and the reference to write there.
    variable:
        The environment variable with the number of its pipe.

    """

    option: str
    key: str
    variable: str
    prompt: str


SUDO_PASSWORD = Question(
    OPTION, "sudo_password: {env: SUDO_PASSWORD}", SUDO, "sudo password of the boards: "
)
PASSWORD = Question(
    "--ask-password", "password: {env: BOARD_PASSWORD}", LOGIN, "password of the boards: "
)

_TYPED: dict[str, str] = {}


def ask(question: Question) -> str:
    """Ask for a password, once in this process; runs of pyinfra get it from now on.

    Raises
    ------
    FleetError
        There is no terminal, or what was typed is no password.

    """
    if question.variable not in _TYPED:
        if not sys.stdin.isatty():
            raise FleetError(
                f"{question.option} needs a terminal: in a job, write `ssh: {{{question.key}}}` "
                "in the spec"
            )
        password = getpass.getpass(question.prompt)
        if not password or len(password.encode()) > _MOST_BYTES:
            raise FleetError(f"no password was typed: run again, or leave {question.option} out")
        _TYPED[question.variable] = password
    return _TYPED[question.variable]


@contextmanager
def typed_in_pipes() -> Iterator[Mapping[str, int]]:
    """Yield the reading ends of pipes that have the typed passwords in them, by variable."""
    pipes: dict[str, int] = {}
    try:
        for variable, password in _TYPED.items():
            pipes[variable], writing = os.pipe()
            os.write(writing, password.encode())
            os.close(writing)
        yield pipes
    finally:
        for reading in pipes.values():
            os.close(reading)
