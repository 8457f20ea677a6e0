"""Why a board did not run what was sent to it, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jetfleet.redaction import redact
from jetfleet.text import printable
from jetfleet.transport.sudo import OPTION

if TYPE_CHECKING:
    from jetfleet.transport.exchange import Exchange

_SHOWN = 300
"""Characters of what a board said that are shown."""

SUDO_PASSWORD = (
    "a password is required",
    "interactive authentication is required",
    "a terminal is required",
)
"""What sudo says where it would ask for a password: sudo(8), and sudo-rs of Ubuntu 25.10."""

_REMEDIES: dict[tuple[str, ...], str] = {
    SUDO_PASSWORD: "sudo asks for a password: name it in the spec (`ssh: {sudo_password: {env: "
    f"SUDO_PASSWORD}}}}`), give it with `{OPTION}`, or allow sudo without one with a line in "
    "/etc/sudoers.d (`USER ALL=(ALL) NOPASSWD: ALL`)",
    (
        "incorrect password attempt",
        "incorrect authentication attempt",
        "Sorry, try again",
        "no password was provided",
    ): "sudo rejects the password: log in with `ssh`, run `sudo -v`, and give the password that "
    "works there",
    ("must have a tty",): "sudo wants a terminal: remove `requiretty` from /etc/sudoers",
    (
        "is not in the sudoers file",
        "is not allowed to",
        "may not run sudo",
    ): "sudo allows this user nothing: add it to the group `sudo`, or log in as another user "
    "(`ssh.user`)",
    (
        "sudo: not found",
        "sudo: command not found",
        "sudo: No such file",
        "Unknown command: sudo",
        "command not found: sudo",
    ): "sudo is not installed: install it, or log in as root (`ssh: {user: root, sudo: false}`)",
    (
        "account is currently not available",
        "nologin",
    ): "the user has no login shell: give it one (`chsh -s /bin/bash USER`), or log in as another "
    "user (`ssh.user`)",
    (
        "Your password has expired",
        "Password change required",
    ): "the password of this user has expired: log in once with `ssh`, and change it",
    ("setsid",): "it has no program `setsid`: install the package util-linux",
}


def asks_for_password(done: Exchange) -> bool:
    """Tell whether a command did not run because sudo has no way to ask for a password."""
    said = bytes(done.err).decode(errors="replace")
    return not done.complete and any(sign in said for sign in SUDO_PASSWORD)


def why_unanswered(said: str, status: int | None) -> str:
    """Return why a session ended before the script began, and what to do.

    Parameters
    ----------
    said:
        What the session printed.
    status:
        Its exit status; None if it had none.

    """
    said = printable(redact(said.strip()))
    for signs, remedy in _REMEDIES.items():
        if any(sign in said for sign in signs):
            return f"the board did not run the script: {remedy}"
    shown = f" (it said: {said[-_SHOWN:]})" if said else ""
    if status is None:
        ended = f"was killed{shown}: run again; if it happens again, look for "
    else:
        ended = f"ended with exit status {status}{shown}: look for "
    return (
        f"the board did not run the script: its session {ended}"
        "`ForceCommand` in /etc/ssh/sshd_config, `command=` in authorized_keys, and at the login "
        "shell of this user"
    )


def why_no_session(reason: str) -> str:
    """Return what to do about an sshd that opens no session, or executes nothing in it."""
    return (
        f"the board's sshd runs no command ({printable(reason)}): look for `MaxSessions` and "
        "`ForceCommand` in /etc/ssh/sshd_config; jetfleet needs one session at a time"
    )


def why_lacking(program: str) -> str:
    """Return what to do about a board without a program that each script needs."""
    package = {"timeout": "coreutils"}.get(program, "util-linux")
    return f"the board has no program `{printable(program)}`: install the package {package}"
