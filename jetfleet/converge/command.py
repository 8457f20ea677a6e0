"""A command: scripts that go to a board in one round trip, and what each of them printed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jetfleet.transport.frame import FRAME

if TYPE_CHECKING:
    from collections.abc import Sequence

_MARK = f"{FRAME} next"
# The last line of an answer has no end.
_BETWEEN = re.compile(rf"(?:\A|\n){re.escape(_MARK)}(?:\n|\Z)")
# In a file of its own each stream has it, so that what a script says is not taken for another's.
_NEXT = f"for jetfleet_stream in 1 2; do printf '\\n{_MARK}\\n' >&$jetfleet_stream; done\n"
# Not with `||` behind the script, as that would switch off `set -e` in it.
_WELL = 'jetfleet_status=$?\n[ "$jetfleet_status" = 0 ] || exit "$jetfleet_status"\n'


@dataclass(frozen=True)
class Command:
    """Scripts one after another, each in a shell of its own, up to the first that fails.

    Parameters
    ----------
    reading:
        What reads the board once all of them have ended well; empty without one.
    when:
        Shell condition of the reading; empty: always.

    """

    scripts: Sequence[str]
    reading: str = ""
    when: str = ""

    @property
    def script(self) -> str:
        """The script that runs them."""
        if self._is_plain:
            return self.scripts[0]
        parts = (f"{_NEXT}(\n{script}\n)\n{_WELL}" for script in self.scripts)
        return f"{''.join(parts)}{self._last}true\n"

    @property
    def _last(self) -> str:
        if not self.reading:
            return ""
        # Without the lock of the board, which a program that outlives the reading would keep.
        read = f"{_NEXT}(\n{self.reading}\n) 9>&-\n"
        return f"if {self.when}; then\n{read}fi\n" if self.when else read

    @property
    def _is_plain(self) -> bool:
        return len(self.scripts) == 1 and not self.reading

    def printed(self, stream: str) -> list[str]:
        """Return what each script that began has printed, and then the reading, if it began."""
        return [stream] if self._is_plain else _BETWEEN.split(stream)[1:]
