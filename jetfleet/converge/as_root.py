"""Run a shell on a host as pyinfra does, and answer a sudo that asks for a password.

pyinfra has its own way for that, which puts the password into the arguments of a process on the
board, where each user of the board can read it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pyinfra.api.command import StringCommand
from pyinfra.connectors.util import make_unix_command

from jetfleet.inventory import current
from jetfleet.inventory.passwords import sudo_password_of
from jetfleet.ssh.password import Password
from jetfleet.steps import Refused
from jetfleet.transport.sudo import REJECTED, answered_command, why_rejected
from jetfleet.transport.unanswered import asks_for_password

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pyinfra.api.host import Host

    from jetfleet.transport.exchange import Exchange

_ASKING: dict[str, Password] = {}
"""Hosts whose sudo asks for a password, and that password."""

_REJECTED: dict[str, str] = {}
"""Hosts whose sudo has rejected the password, and the sentence on it.

A second attempt of the same password would count towards a locked account.
"""

_SUDO = ("_sudo", "_sudo_user", "_use_sudo_login", "_preserve_sudo_env", "_sudo_password")


def as_root(
    host: Host,
    shell: Sequence[str],
    arguments: Mapping[str, Any],
    attempt: Callable[[StringCommand, str], Exchange],
) -> Exchange:
    """Run a shell on a host; again with a password, if sudo asks for one and there is one.

    Parameters
    ----------
    shell:
        The command, its words as a shell reads them.
    arguments:
        Of pyinfra's connectors, such as ``_sudo``.
    attempt:
        Runs a command, with the password that sudo may ask for.

    Raises
    ------
    Refused
        sudo rejects the password.

    """
    name = host.name
    if name in _REJECTED:
        raise Refused(_REJECTED[name])
    own = {key: value for key, value in arguments.items() if key not in _SUDO}
    if name not in _ASKING:
        plain = {key: value for key, value in arguments.items() if key != "_sudo_password"}
        done = attempt(make_unix_command(StringCommand(*shell), **plain), "")
        asks = arguments.get("_sudo") and asks_for_password(done)
        password = _password(name, arguments.get("_sudo_password")) if asks else None
        if password is None:
            return done
        _ASKING[name] = password
    password = _ASKING[name]
    sudo = answered_command(shell, _options(arguments))
    done = attempt(make_unix_command(StringCommand(sudo), **own), password.value)
    if done.ended == REJECTED:
        _REJECTED[name] = why_rejected(str(host.data.get("ssh_user")), password.source)
        raise Refused(_REJECTED[name])
    return done


def _password(name: str, given: str | None) -> Password | None:
    if given:  # by `pyinfra --same-sudo-password`
        return Password(given, "the terminal")
    found = sudo_password_of(current(), name)
    return found if found and found.value else None


def _options(arguments: Mapping[str, Any]) -> list[str]:
    """Return the options of sudo that pyinfra would give it."""
    user = arguments.get("_sudo_user")
    return [
        "-H",
        *(["-i"] if arguments.get("_use_sudo_login") else []),
        *(["-E"] if arguments.get("_preserve_sudo_env") else []),
        *(["-u", user] if user else []),
    ]
