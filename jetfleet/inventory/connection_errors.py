"""Errors of connections to hosts: pyinfra's own text, what to do about it, and an event of the run.

pyinfra has no callback for connection failures that can be registered before the inventory is read:
its state forgets all callbacks when it is initialised, which is after that, and it connects before
it reads a deploy. So both are done where pyinfra logs the error.
"""

from __future__ import annotations

import logging
import re

from pyinfra.api.state import StateStage
from pyinfra.context import ctx_state

from jetfleet.events.event import Refused, Unreachable
from jetfleet.events.write import log_event

_SLOW = (
    "the link is too slow for a login, or sshd cut it off: log in with `ssh`, and look how long "
    "that takes; look at `MaxStartups` and `LoginGraceTime` in /etc/ssh/sshd_config"
)

_REMEDY = {
    "SSH host key error": "find out why, a board that was flashed has a new key; then pin it with "
    "`jetfleet trust` and `--replace`",
    "Authentication error": "log in with `ssh` as that user first, and write the user and key that "
    "work as `ssh.user` and `ssh.key`; on a new board, let your key log in with "
    "`deploys/bootstrap.py`",
    "Could not resolve hostname": "write the host's address as `address` in the spec",
    "Could not connect": "check that the board is on, and that `address` in the spec is right",
    "No existing session": _SLOW,
    "SSH protocol banner": _SLOW,
    "EOF error": _SLOW,
    "found in known_hosts": "pin its key with `jetfleet trust`, once you have looked at it",
}

# pyinfra recommends to remove the key from a file that is not the one with the pinned keys.
_MISLEADING = ("you can remove the bad key using", "ssh-keygen -R ")

_NO_FACT = "could not load fact"
"""What pyinfra says of a fact that fails: it fails the host for it."""

_HOST = re.compile(r"^\[(?P<host>[^\]]+)\]\s*(?P<reason>.*)$", re.DOTALL)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class AddRemedy(logging.Filter):
    """Add to each error of a connection what to do about it; drop advice that would mislead."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record's text where a remedy is known."""
        text = record.getMessage()
        remedy = remedy_of(text)
        if remedy and record.levelno >= logging.ERROR:
            record.msg, record.args = f"{text}: {remedy}", None
        return not any(sign in text for sign in _MISLEADING)


class LogErrors(logging.Handler):
    """Log an event for each error of a host that pyinfra logs before it carries anything out.

    `Unreachable` while it connects, `Refused` where another operation cannot be planned.
    """

    def emit(self, record: logging.LogRecord) -> None:
        """Write the event; the record's text begins with the host's name in brackets."""
        found = _HOST.match(_COLOURS.sub("", record.getMessage()).strip())
        if not found or not ctx_state.isset():
            return
        stage = ctx_state.get().current_stage
        if stage == StateStage.Connect:
            log_event(Unreachable(host=found["host"], reason=found["reason"]))
        elif stage == StateStage.Prepare and _NO_FACT in found["reason"]:
            reason = (
                f"an operation of pyinfra could not read this host ({found['reason']}): see the "
                "log of the run; such operations need sudo without a password"
            )
            log_event(Refused(host=found["host"], resource="pyinfra", reason=reason))


def remedy_of(text: str) -> str:
    """Return what to do about an error of a connection; empty if nothing is known."""
    return next((remedy for sign, remedy in _REMEDY.items() if sign in text), "")


def watch_connections() -> None:
    """Install both in this process of pyinfra; once, however often it is called."""
    logger = logging.getLogger("pyinfra")
    if not any(isinstance(one, AddRemedy) for one in logger.filters):
        logger.addFilter(AddRemedy())
        logger.addHandler(LogErrors(logging.ERROR))
