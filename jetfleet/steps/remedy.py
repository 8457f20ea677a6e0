"""What to do about errors of systemd and Docker that the steps of any resource may meet."""

from __future__ import annotations

import re

_REMEDIES = (
    (
        re.compile(r"Unit (?:file \S*/)?([^\s/]+) is masked"),
        "unmask it with `systemctl unmask {}`, and run again",
    ),
    (
        re.compile(r"Transaction for \S+ is destructive"),
        "the board shuts down or reboots: run again when it is up",
    ),
    (
        re.compile(
            r"Cannot connect to the Docker daemon|error during connect|containerd\.sock: connect"
        ),
        "Docker ended or does not run: look at `journalctl -u docker`, and run again",
    ),
)


def remedy(failed: str) -> str:
    """Return what to do about a failure of which a sign is known; empty for any other."""
    for sign, sentence in _REMEDIES:
        found = sign.search(failed)
        if found:
            return sentence.format(*(unit.rstrip(".") for unit in found.groups()))
    return ""
