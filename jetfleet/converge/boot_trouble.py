"""Whether a board shuts down, or has just started, beside a failure that this may have caused."""

from __future__ import annotations

import re

from jetfleet.converge.question import Question
from jetfleet.text import format_duration

STOPPING = "the board shuts down or reboots: run again when it is up"

_MAY = re.compile(
    "no such file or directory|transaction is destructive|failed to connect to bus"
    "|shutting down|connection refused",
    re.IGNORECASE,
)
"""Errors of programs whose disk was unmounted, or whose services were stopped."""

_UPTIME = re.compile(r"^uptime=([0-9]{1,9})\.", re.MULTILINE)

_RECENT = 120
"""Seconds after which a boot is no longer the cause of a failure."""

SECONDS = 10
"""Limit of the question."""

_SCRIPT = """echo "state=$(timeout 5 systemctl is-system-running)"
read -r up _ < /proc/uptime
echo "uptime=$up"
"""


def ask_boot(said: str) -> Question | None:
    """Return the question whether the board goes down or came up, if a failure may come from it."""
    return Question(_SCRIPT, SECONDS, _sentence) if _MAY.search(said) else None


def _sentence(printed: str) -> str:
    if "state=stopping" in printed.splitlines():
        return STOPPING
    up = _UPTIME.search(printed)
    if up and int(up[1]) < _RECENT:
        return f"the board started {format_duration(int(up[1]))} ago: run again"
    return ""
