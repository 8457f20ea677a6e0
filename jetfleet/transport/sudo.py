"""sudo that asks for a password: answered once, on standard input, before anything else is sent.

The password is in no argument and no environment. sudo(8): with ``-S`` the prompt goes to standard
error, and the password is read from standard input, a line of it.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Literal

from jetfleet.transport.frame import FRAME

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROMPT = f"{FRAME} password"
"""sudo's prompt: random in each run, so that no other text is answered."""

_ROOT = f"{FRAME} root"

REJECTED: Literal["password"] = "password"
"""How an exchange has ended in which sudo asked a second time."""

OPTION = "--ask-sudo-password"
"""Option of each command that reaches boards."""


def answered_command(shell: Sequence[str], options: Sequence[str] = ("-H",)) -> str:
    """Return the command line that runs a shell by a sudo that a `Gate` answers.

    Parameters
    ----------
    shell:
        The command, its words as a shell reads them.
    options:
        Of sudo, such as ``-u USER``.

    """
    inner = f"printf '\\n%s\\n' {shlex.quote(_ROOT)}; exec {' '.join(shell)}"
    words = ["sudo", *options, "-S", "-p", _PROMPT, "sh", "-c", inner]
    return " ".join(map(shlex.quote, words))


class Gate:
    """Holds a script back until sudo has let it pass; without a question, no password is sent.

    sudo reads what follows a wrong password as the next one: so nothing may follow. Without a
    password there is no sudo to wait for, and the gate is open.
    """

    def __init__(self, script: bytes, password: str = "") -> None:
        self.script = script
        self._password = f"{password}\n".encode() if password else b""
        self._sudo = bool(password)
        self._waits = True

    def more(self, out: bytes | bytearray, err: bytes | bytearray) -> bytes:
        """Return what is to be sent next; `out` and `err` are all that was printed so far."""
        if not self._waits:
            return b""
        if not self._sudo or f"\n{_ROOT}\n".encode() in out:
            self._waits = False
            return self.script
        password, asked = self._password, err.count(_PROMPT.encode())
        if asked and password:
            self._password = b""
            return password
        return b""

    def rejected(self, err: bytes | bytearray) -> bool:
        """Tell whether sudo asks again."""
        return self._sudo and self._waits and err.count(_PROMPT.encode()) > 1


def why_rejected(user: str, source: str) -> str:
    """Return that sudo does not take a password, and what to do.

    Parameters
    ----------
    user:
        The user that logs in.
    source:
        Where the password is from, such as ``the environment variable NAME``.

    """
    return (
        f"sudo rejects the password of {user} from {source}: log in with `ssh` as {user}, run "
        "`sudo -v`, and give the password that works there"
    )
