"""What is said of a host that cannot be reached: pyinfra's own words, and the remedy."""

from __future__ import annotations

import logging

_REMEDY = {
    "SSH host key error": "look why, a board that was flashed has a new key; then pin it with "
    "`jetfleet trust`",
    "Authentication error": "log in with `ssh` as that user first, and write the user and key that "
    "work as `ssh.user` and `ssh.key`",
    "Could not resolve hostname": "write the host's address as `address` in the spec",
    "Could not connect": "look whether the board is on, and whether `address` in the spec is its",
    "not found in known_hosts": "pin its key with `jetfleet trust`, once you have looked at it",
}

# pyinfra tells to remove the key from a file that is not the one with the pinned keys.
_MISLEADING = ("you can remove the bad key using", "ssh-keygen -R ")


class Remedies(logging.Filter):
    """Adds to each error of a connection, as pyinfra logs it, what to do about it."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the record's text where there is a remedy; drop what would mislead."""
        text = record.getMessage()
        remedy = next((remedy for sign, remedy in _REMEDY.items() if sign in text), None)
        if remedy and record.levelno >= logging.ERROR:
            record.msg, record.args = f"{text}: {remedy}", None
        return not any(sign in text for sign in _MISLEADING)


def add_remedies() -> None:
    """Add remedies to what this process of pyinfra logs; once, however often it is called."""
    logger = logging.getLogger("pyinfra")
    if not any(isinstance(one, Remedies) for one in logger.filters):
        logger.addFilter(Remedies())
