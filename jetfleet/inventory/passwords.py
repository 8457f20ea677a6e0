"""The passwords of a host's user, in a process of pyinfra: for the login, and for sudo.

Each is in the spec as a reference, typed once for a command (``--ask-password``,
``--ask-sudo-password``), or typed once here, where a user sits at the terminal.
"""

from __future__ import annotations

import getpass
import os
import sys
from functools import cache
from typing import TYPE_CHECKING

from jetfleet.environment import LOGIN, SUDO
from jetfleet.redaction import SHORTEST, hide
from jetfleet.ssh.password import Password

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.fleet.fleet import Fleet
    from jetfleet.spec.secret import SecretRef

_TYPED: dict[str, str] = {}
_WHERE = {"env": "the environment variable", "file": "the file", "command": "the command"}
_TERMINAL = "the terminal"


def take_typed() -> None:
    """Read the passwords that the command which started this process was given, if any.

    They come through pipes: neither a command line nor the environment of a process shows them.
    """
    for variable in (LOGIN, SUDO):
        number = os.environ.pop(variable, "")
        if number.isdigit():
            with os.fdopen(int(number), encoding="utf-8") as pipe:
                _TYPED[variable] = _hidden(pipe.read())


def ask_login_password() -> None:
    """Ask for the password of the boards at the terminal; Enter alone gives none."""
    if LOGIN not in _TYPED:
        _TYPED[LOGIN] = _hidden(getpass.getpass("password of the boards (Enter: none): "))


def login_password_of(fleet: Fleet, name: str) -> Password | None:
    """Return the password that logs in on a host of a fleet; None without one.

    Raise `Unrevealed` if the spec refers to one that cannot be read.
    """
    reference = fleet.spec.host(name).ssh.password
    if _TYPED.get(LOGIN):
        return Password(_TYPED[LOGIN], _TERMINAL)
    return _revealed(reference, fleet.workstation.login_password) if reference else None


def has_login_password(fleet: Fleet, name: str) -> bool:
    """Tell whether there is a password that logs in on a host; it is not read."""
    return bool(_TYPED.get(LOGIN)) or fleet.spec.host(name).ssh.password is not None


def sudo_password_of(fleet: Fleet, name: str) -> Password | None:
    """Return the password that sudo takes on a host of a fleet; None without one.

    Raise `Unrevealed` if the spec refers to one that cannot be read.
    """
    reference = fleet.spec.host(name).ssh.sudo_password
    if reference is not None:
        return _revealed(reference, fleet.workstation.sudo_password)
    if _TYPED.get(SUDO):
        return Password(_TYPED[SUDO], _TERMINAL)
    login = login_password_of(fleet, name)
    if login is None and sys.stdin.isatty():
        return Password(_asked(), _TERMINAL)
    return login


def _revealed(reference: SecretRef, reveal: Callable[[SecretRef], str]) -> Password:
    return Password(reveal(reference), f"{_WHERE[reference.kind]} {reference.value}")


@cache
def _asked() -> str:
    return _hidden(getpass.getpass("sudo password of the boards: "))


def _hidden(password: str) -> str:
    if len(password) >= SHORTEST:
        hide(password)
    return password
