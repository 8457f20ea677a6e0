"""Output and log of this process without secrets."""

from __future__ import annotations

import io
import logging
import sys
from typing import TYPE_CHECKING, Any

from jetfleet.redaction.redactor import redact

if TYPE_CHECKING:
    from collections.abc import Callable


def redact_output(clean: Callable[[str], str] | None = None) -> None:
    """Let no output and no log record of this process hold a secret, from any code.

    pyinfra, click and Python itself (for a traceback) write to standard output and standard error,
    and loggers may have streams of their own. Call it again after a stream was replaced.

    Parameters
    ----------
    clean:
        What else is done to each text: pyinfra prints what boards print as it is.

    """
    if clean is not None:
        _CLEAN[:] = [clean]
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        # A test's or a terminal library's own stream stays: its owner reads what was written.
        if type(stream) is io.TextIOWrapper:
            setattr(sys, name, _Redacted(stream))
    if logging.getLogRecordFactory() is not _record:
        _USUAL[:] = [logging.getLogRecordFactory()]
        logging.setLogRecordFactory(_record)


_USUAL: list[Any] = []
_CLEAN: list[Callable[[str], str]] = []


def _cleaned(text: str) -> str:
    # A control character inside a secret would hide it from `redact`.
    for clean in _CLEAN:
        text = clean(text)
    return redact(text)


class _Redacted(io.TextIOWrapper):
    """Writes to where another stream does, without secrets."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        stream.flush()
        super().__init__(
            stream.buffer,
            encoding=stream.encoding,
            errors=stream.errors,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        self._stream = stream  # which would close the buffer at its own end

    def write(self, text: str, /) -> int:
        return super().write(_cleaned(text))


def _record(*given: Any, **named: Any) -> logging.LogRecord:  # noqa: ANN401 - as logging's own
    record: logging.LogRecord = _USUAL[0](*given, **named)
    if isinstance(record.msg, str):
        try:
            text = record.getMessage()
        except (TypeError, ValueError):  # logging reports what does not fit its arguments
            return record
        clean = _cleaned(text)
        if clean != text:
            record.msg, record.args = clean, None
    return record
