"""The sudo password of the boards that a user types for a command, and how pyinfra gets it."""

from __future__ import annotations

import getpass
import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError
from jetfleet.transport.sudo import OPTION

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_BYTES = 4096
"""A pipe takes this many at once: pipe(7), PIPE_BUF."""

_TYPED: list[str] = []


def ask_sudo_password() -> str:
    """Ask for the password, once in this process; runs of pyinfra get it from now on.

    Raises
    ------
    FleetError
        There is no terminal, or what was typed is no password.

    """
    if not _TYPED:
        if not sys.stdin.isatty():
            raise FleetError(
                f"{OPTION} needs a terminal: in a job, write `ssh: {{sudo_password: "
                "{env: SUDO_PASSWORD}}` in the spec"
            )
        password = getpass.getpass("sudo password of the boards: ")
        if not password or len(password.encode()) > _MOST_BYTES:
            raise FleetError(f"no password was typed: run again, or leave {OPTION} out")
        _TYPED.append(password)
    return _TYPED[0]


@contextmanager
def typed_in_pipe() -> Iterator[int | None]:
    """Yield the reading end of a pipe that has the password in it; None if none was typed."""
    if not _TYPED:
        yield None
        return
    reading, writing = os.pipe()
    try:
        os.write(writing, _TYPED[0].encode())
        os.close(writing)
        yield reading
    finally:
        os.close(reading)
