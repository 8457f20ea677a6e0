"""How many commands came over SSH to a twin, by what its own sshd and sudo logged."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from tests.support.lab import Lab

_CONF = "/etc/ssh/sshd_config.d/00-count.conf"


@contextmanager
def counting(lab: Lab, hosts: Sequence[str]) -> Iterator[None]:
    """Let sshd log each session meanwhile."""
    for host in hosts:
        lab.sh(
            host,
            f"echo 'LogLevel VERBOSE' > {_CONF}; systemctl reload ssh; journalctl -q -o cat --sync",
        )
    try:
        yield
    finally:
        for host in hosts:
            lab.sh(host, f"rm {_CONF}; systemctl reload ssh")


def commands_of(lab: Lab, hosts: Sequence[str], run: Callable[[], Any]) -> dict[str, int]:
    """Run something, and count the commands that came to each host; within `counting`."""
    cursors = {host: cursor_of(lab, host) for host in hosts}
    run()
    return {host: len(_sessions(lab, host, cursors[host])) for host in hosts}


def cursor_of(lab: Lab, host: str) -> str:
    """Where the journal of a twin ends now."""
    out = lab.sh(host, "journalctl --sync; journalctl -q -n 1 -o cat --show-cursor")
    return out.rsplit("cursor: ", 1)[1].strip()


def _sessions(lab: Lab, host: str, cursor: str) -> list[str]:
    log = lab.sh(host, f"journalctl --sync; journalctl -q -o cat --after-cursor='{cursor}'")
    sessions = re.findall(r"^Starting session: (?:command|shell|subsystem).*$", log, re.MULTILINE)
    sudos = re.findall(r"COMMAND=.*$", log, re.MULTILINE)
    assert len(sudos) == len(sessions), log
    return sessions
