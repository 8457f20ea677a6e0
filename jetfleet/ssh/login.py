"""A login on a board: by keys, one after the other, then by a password.

sshd ends a connection after some refused keys (`MaxAuthTries`), and a user may have many in the
agent: the next key, or the password, is then offered on a new connection. A password is sent only
to a host whose key is pinned, and never again once it was rejected.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Literal

import paramiko

from jetfleet.text import format_count, printable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jetfleet.hostkeys.transport import Transport
    from jetfleet.ssh.password import Password

By = Literal["key", "first key", "password"]

MOST_CONNECTIONS = 8
"""How many connections one login may take."""

_NO_PASSWORD = re.compile(r"code|token|otp|verif|new|pin\b", re.IGNORECASE)
"""What a question has in it that no password answers."""


class LoginRefused(paramiko.SSHException):
    """A board accepts no login; the text says what was tried, and what to do."""


@dataclass(frozen=True)
class NamedKey:
    """A private key and its name in a message, such as ``the key ~/.ssh/id_ed25519``."""

    name: str
    key: paramiko.PKey


@dataclass
class Login:
    """How a user logs in on one board.

    Parameters
    ----------
    keys:
        Returns the user's keys, in the order in which they are offered.
    first_keys:
        Returns those of the board's delivery, which are offered after them.
    password:
        Returns the password, when no key was accepted; None without one.
    unusable:
        Why the key of the spec cannot be offered; empty if it can.

    """

    user: str
    keys: Callable[[], Iterable[NamedKey]]
    first_keys: Callable[[], Iterable[NamedKey]] = tuple
    password: Callable[[], Password | None] = lambda: None
    unusable: str = ""
    _rejected: str = field(default="", init=False, repr=False)

    def on(self, connect: Callable[[], Transport]) -> Transport:
        """Return a connection on which the user is logged in.

        Parameters
        ----------
        connect:
            Returns a new connection, on which the board's key is checked.

        Raises
        ------
        LoginRefused
            The board accepts nothing that was offered.

        """
        if self._rejected:
            raise LoginRefused(self._rejected)
        attempt = _Attempt(connect, self.user)
        if (
            attempt.transport.is_authenticated()
            or attempt.by_keys("key", self.keys())
            or attempt.by_keys("first key", self.first_keys())
        ):
            return attempt.transport
        try:
            password = self.password()
            why = attempt.by_password(password) if password else ""
        except BaseException:
            attempt.transport.close()
            raise
        if password and not why:
            return attempt.transport
        attempt.transport.close()
        said = self._sentence(attempt, why)
        self._rejected = said if why else ""
        raise LoginRefused(said)

    def _sentence(self, attempt: _Attempt, why: str) -> str:
        """Return what was refused, and what to do."""
        offered = self.unusable or _refused(attempt.refused)
        remedy = why or (
            "name the user's password as `ssh: {password: {env: NAME}}`, and let your key log in "
            "with `deploys/bootstrap.py`"
        )
        return f"{self.user} cannot log in: {offered}; {remedy}"


def _refused(names: Sequence[str]) -> str:
    if len(names) == 1:
        return f"the board does not accept {names[0]}"
    if names:
        return f"the board accepts none of {format_count(len(names), 'key')}"
    return "there is no key to offer"


class _Attempt:
    """One login: its connection, and the keys that were refused."""

    def __init__(self, connect: Callable[[], Transport], user: str) -> None:
        self._connect = connect
        self._user = user
        self._left = MOST_CONNECTIONS
        self._half = False
        self._methods: list[str] = []
        self.refused: list[str] = []
        self._connect_again()

    def by_keys(self, by: By, keys: Iterable[NamedKey]) -> bool:
        """Offer keys until one is accepted; tell whether one was."""
        for one in keys:
            if self._half or not self._is_connected() or "publickey" not in self._methods:
                return self.transport.is_authenticated()
            try:
                self._methods = self.transport.auth_publickey(self._user, one.key) or []
            except paramiko.SSHException:
                self.refused.append(one.name)
                continue
            self.transport.logged_in_by = by
            self._half = bool(self._methods)  # the password is asked for on this connection
        return self.transport.is_authenticated()

    def by_password(self, password: Password) -> str:
        """Send a password; return why it does not log in, or nothing if it does."""
        if not self._is_connected():
            return "it ends each connection: look at `MaxAuthTries` in its /etc/ssh/sshd_config"
        if not {"password", "keyboard-interactive"} & set(self._methods):
            taken = ", ".join(map(printable, self._methods)) or "nothing"
            return (
                f"it takes no password ({taken}): name a key that it accepts as `ssh.first_key`, "
                "or add your key at its own keyboard"
            )
        question: list[str] = []
        with suppress(paramiko.SSHException):
            if "password" in self._methods:
                self.transport.auth_password(self._user, password.value, fallback=False)
            else:
                answer = partial(_answer, password.value, [], question)
                self.transport.auth_interactive(self._user, answer)
        if self.transport.is_authenticated():
            self.transport.logged_in_by = "password"
            return ""
        if question:
            return f"it asks “{printable(question[0].strip())}”: log in with `ssh` once, and answer"
        return (
            f"it rejects the password from {password.source}: log in with `ssh` as {self._user}, "
            "and give the password that works there"
        )

    def _is_connected(self) -> bool:
        """Connect again if the board has ended the connection, a few times at most."""
        if self.transport.is_active():
            return True
        self.transport.close()
        return bool(self._left) and self._connect_again()

    def _connect_again(self) -> bool:
        self._left -= 1
        self.transport = self._connect()
        try:
            # As `ssh` does: sshd says which methods it takes, and does not count it.
            self.transport.auth_none(self._user)
        except paramiko.BadAuthenticationType as error:
            self._methods = error.allowed_types
        except paramiko.SSHException:
            self._methods = []
        return self.transport.is_active()


def _answer(
    password: str,
    answered: list[str],
    question: list[str],
    _: str,
    __: str,
    fields: list[tuple[str, bool]],
) -> list[str]:
    """Answer the one question that asks for a password; note any other one."""
    for text, shown in fields:
        if answered or shown or _NO_PASSWORD.search(text):
            question.append(text)
        answered.append(text)
    return ["" if question else password for _ in fields]
