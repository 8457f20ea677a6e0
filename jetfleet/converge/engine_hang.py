"""Whether Docker hangs while a step waits for it: the wait would end with its patience only."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jetfleet.converge.engine_trouble import units_of
from jetfleet.steps import Refused
from jetfleet.steps.shell import ENGINE_RUNS, words

if TYPE_CHECKING:
    from collections.abc import Callable

    from jetfleet.steps import Result

EVERY_SECONDS = 45
"""How often Docker is asked during a wait."""

ANSWER_SECONDS = 20
"""How long Docker may take to answer; a board that swaps takes seconds."""

TIMES = 2
"""How often in a row it must not answer."""

_HANGS = "hangs"
_SENTENCE = (
    "Docker does not answer: look at `systemctl status docker`, restart it with `systemctl restart "
    "docker`, and run again"
)


class EngineHang:
    """Asks Docker now and then during one wait.

    Parameters
    ----------
    title:
        Of the step; Docker is asked only if the step needs it.
    query:
        Runs a script on the board that only reads, with a title.

    """

    def __init__(self, title: str, query: Callable[[str, str], Result]) -> None:
        units = units_of(f"{title} had no effect")
        self._script = None if units is None else _script(units)
        self._query = query
        self._asked = time.monotonic()
        self._hung = 0

    def sentence(self) -> str:
        """Return the sentence about a Docker that hangs; empty if it answers or was just asked."""
        if self._script is None or time.monotonic() - self._asked < EVERY_SECONDS:
            return ""
        with suppress(Refused):  # the wait itself finds out that the connection is lost
            hangs = _HANGS in self._query(self._script, "Ask Docker").out.split()
            self._hung = self._hung + 1 if hangs else 0
        self._asked = time.monotonic()
        return _SENTENCE if self._hung >= TIMES else ""


def _script(units: list[str]) -> str:
    """Return the script that prints whether Docker hangs; one that is stopped is not started."""
    return f"""for unit in {words(units)}; do
  timeout 5 systemctl show -p Requires --value "$unit" | grep -qF docker.service || exit 0
done
if {ENGINE_RUNS}; then
  timeout {ANSWER_SECONDS} docker version >/dev/null
  [ $? != 124 ] || echo {_HANGS}
fi 2>/dev/null
true
"""
