"""Who works at this computer, as boards and other people read it."""

from __future__ import annotations

import getpass
import os
import socket


def who() -> str:
    """Return user and computer: ``ada@desk``; a user without a name stands as its number."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container without a user of this number
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"
