"""What is said of a host that cannot be reached: pyinfra's own words, and the remedy."""

from __future__ import annotations

import logging
import re

from pyinfra.api.state import StateStage
from pyinfra.context import ctx_state

from jetfleet.rows import append

_REMEDY = {
    "SSH host key error": "look why, a board that was flashed has a new key; then pin it with "
    "`jetfleet trust`",
    "Authentication error": "log in with `ssh` as that user first, and write the user and key that "
    "work as `ssh.user` and `ssh.key`",
    "Could not resolve hostname": "write the host's address as `address` in the spec",
    "Could not connect": "look whether the board is on, and whether `address` in the spec is its",
    "found in known_hosts": "pin its key with `jetfleet trust`, once you have looked at it",
}

# pyinfra tells to remove the key from a file that is not the one with the pinned keys.
_MISLEADING = ("you can remove the bad key using", "ssh-keygen -R ")


class Remedies(logging.Filter):
    """Adds to each error of a connection, as pyinfra logs it, what to do about it.

    It also writes down which host cannot be reached: pyinfra calls nobody back for that who was
    there before it had read the inventory.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record's text where there is a remedy; drop what would mislead."""
        text = record.getMessage()
        remedy = remedy_of(text)
        if remedy and record.levelno >= logging.ERROR:
            record.msg, record.args = f"{text}: {remedy}", None
        misleading = any(sign in text for sign in _MISLEADING)
        if record.levelno >= logging.ERROR and not misleading and _connecting():
            _record_unreachable(record.getMessage())
        return not misleading


def remedy_of(text: str) -> str:
    """Return what to do about an error of a connection; empty if nothing is known."""
    return next((remedy for sign, remedy in _REMEDY.items() if sign in text), "")


def add_remedies() -> None:
    """Add remedies to what this process of pyinfra logs; once, however often it is called."""
    logger = logging.getLogger("pyinfra")
    if not any(isinstance(one, Remedies) for one in logger.filters):
        logger.addFilter(Remedies())


_HOST = re.compile(r"^\[(?P<host>[^\]]+)\]\s*(?P<reason>.*)$", re.DOTALL)
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def _connecting() -> bool:
    return bool(ctx_state.isset() and ctx_state.get().current_stage == StateStage.Connect)


def _record_unreachable(text: str) -> None:
    found = _HOST.match(_COLOURS.sub("", text).strip())
    if found:
        append(found["host"], [{"outcome": "unreachable", "reason": found["reason"]}])
