"""Standard output of a command: a reader may have closed it, or its disk may be full."""

from __future__ import annotations

import io
import os
import sys
from typing import TYPE_CHECKING

from jetfleet.errors import FleetError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_OUT = 1


def prepare() -> None:
    """Ignore a closed standard output (EPIPE).

    `jetfleet plan SPEC | head -1` then ends with the exit code of the plan, not with that of a
    broken pipe. Any other write error raises `FleetError`.
    """
    out = sys.stdout
    if out is None:  # it was closed before this process began
        _to_nowhere()
    raw = io.BufferedWriter(_Output(_OUT, "wb", closefd=False))
    sys.stdout = io.TextIOWrapper(
        raw,
        encoding=out.encoding if out else "utf-8",
        errors=out.errors if out else "replace",
        line_buffering=raw.isatty(),
    )


def finish() -> None:
    """Write what is still held back; `FleetError` if it cannot be."""
    sys.stdout.flush()


class _Output(io.FileIO):
    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            _to_nowhere()
        except OSError as error:
            _to_nowhere()  # where what is still held back must not fail again
            raise FleetError(
                f"standard output cannot be written ({error.strerror}): make room, or send it "
                "elsewhere"
            ) from error
        return len(memoryview(data))


def _to_nowhere() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    if nowhere != _OUT:
        os.dup2(nowhere, _OUT)
        os.close(nowhere)
