"""Frames: what sets an answer apart from the text of a login shell or of a file on the board."""

from __future__ import annotations

import secrets

FRAME = f"@jetfleet-{secrets.token_hex(8)}"
"""First word of each line that frames output. It is random in each run, so that no text that was on
the board before can hold it."""

ANSWER = "answer"
"""Name of the frame around everything that a script prints."""

BEGIN = f"{FRAME} begin {ANSWER}\n".encode()
END = f"\n{FRAME} end {ANSWER} ".encode()
"""What stands before and after an answer, on standard output and on standard error."""

STARTED = f"\n{FRAME} started\n".encode()
"""What a board says on standard output when nothing else changes it, and the script starts."""


def hung_in(text: str) -> str:
    """Return the command line of the program that was last ended for its limit; or nothing."""
    return _last(text, f"{FRAME} hung ")


def large_in(text: str) -> str:
    """Return the path of a file that is too large to be printed; or nothing."""
    return _last(text, f"{FRAME} large ")


def _last(text: str, mark: str) -> str:
    lines = [line for line in text.split("\n") if line.startswith(mark)]
    return lines[-1].removeprefix(mark).strip() if lines else ""
