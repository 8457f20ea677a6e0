"""The password that sudo asks for on a host, in a process of pyinfra.

It is in the spec as a reference, typed once for a command with ``--ask-sudo-password``, or typed
once here, where a user sits at the terminal.
"""

from __future__ import annotations

import getpass
import os
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from jetfleet.environment import SUDO
from jetfleet.redaction import SHORTEST, hide

if TYPE_CHECKING:
    from jetfleet.fleet.fleet import Fleet


@dataclass(frozen=True)
class Password:
    """A password, and where it is from, in words."""

    value: str
    source: str


_TYPED: list[str] = []


def take_typed() -> None:
    """Read the password that the command which started this process was given, if any.

    It comes through a pipe: neither a command line nor the environment of a process shows it.
    """
    number = os.environ.pop(SUDO, "")
    if number.isdigit():
        with os.fdopen(int(number), encoding="utf-8") as pipe:
            _TYPED[:] = [_hidden(pipe.read())]


def sudo_password_of(fleet: Fleet, name: str) -> Password | None:
    """Return the password for a host of a fleet; None without one.

    Raise `Unrevealed` if the spec refers to one that cannot be read.
    """
    reference = fleet.spec.host(name).ssh.sudo_password
    if reference is not None:
        value = fleet.workstation.sudo_password(reference)
        where = {"env": "the environment variable", "file": "the file", "command": "the command"}
        return Password(value, f"{where[reference.kind]} {reference.value}")
    if _TYPED:
        return Password(_TYPED[0], "the terminal")
    if sys.stdin.isatty():
        return Password(_asked(), "the terminal")
    return None


@cache
def _asked() -> str:
    return _hidden(getpass.getpass("sudo password of the boards: "))


def _hidden(password: str) -> str:
    if len(password) >= SHORTEST:
        hide(password)
    return password
