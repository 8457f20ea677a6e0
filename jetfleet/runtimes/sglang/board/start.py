#!/usr/bin/env python3
"""Written by jetfleet; changes made here are undone.

start.py -m MODULE [OPTION ...]    runs a module in this process, as `python3 -m` does

SGLANG_API_KEY    the key that clients must show, passed on as the option --api-key

SGLang reads its key from its options alone. Here the option is added inside the process, so that no
argument list shows it; and SGLang logs its options, so no record of the log holds it, and neither
does what is printed, a traceback among it.
"""

from __future__ import annotations

import io
import json
import logging
import os
import runpy
import signal
import sys
from typing import Any, Callable

KEY = os.environ.get("SGLANG_API_KEY", "")
ENDED_BY_SIGNAL = 128 + signal.SIGTERM


class Shown(io.TextIOWrapper):
    """Prints to where a stream of this process does, without the key."""

    def __init__(self, stream: io.TextIOWrapper, without: Callable[[str], str]) -> None:
        super().__init__(stream.buffer, stream.encoding, stream.errors, line_buffering=True)
        self.stream = stream  # which would close the buffer at its own end
        self.without = without

    def write(self, text: str, /) -> int:
        """Print text, such as a traceback with the options in it."""
        return super().write(self.without(text))


def hide(key: str) -> None:
    """Let no log record and no output of this process hold the key."""
    usual = logging.getLogRecordFactory()
    forms = sorted({key, repr(key)[1:-1], json.dumps(key)[1:-1]}, key=len, reverse=True)

    def without(text: str) -> str:
        for form in forms:
            text = text.replace(form, "***")
        return text

    def shown(value: Any) -> Any:
        text = str(value)
        return value if without(text) == text else without(text)

    def record(*given: Any, **named: Any) -> logging.LogRecord:
        made = usual(*given, **named)
        made.msg = shown(made.msg)
        if isinstance(made.args, tuple):
            made.args = tuple(shown(value) for value in made.args)
        if made.exc_info:
            # A formatter that finds a text does not make one of its own.
            made.exc_text = without(logging.Formatter().formatException(made.exc_info))
        return made

    logging.setLogRecordFactory(record)
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper) and not isinstance(stream, Shown):
            setattr(sys, name, Shown(stream, without))


def end(_number: int, _frame: object) -> None:
    """End at once: process 1 of a container ignores the signal until SGLang handles it."""
    os._exit(ENDED_BY_SIGNAL)


def main() -> None:
    """Run the module with its options."""
    if sys.argv[1:2] != ["-m"] or not sys.argv[2:]:
        sys.exit("start.py: write -m MODULE and its options")
    signal.signal(signal.SIGTERM, end)
    module, options = sys.argv[2], sys.argv[3:]
    # Joined, because a key may begin with a dash.
    sys.argv = [module, *options, *(["--api-key=" + KEY] if KEY else [])]
    sys.path[0] = os.getcwd()
    # Not as sys.modules["__main__"]: SGLang's other processes import the file of that module first,
    # and so hide the key too.
    runpy.run_module(module, run_name="__main__", alter_sys=False)


if KEY:
    hide(KEY)
if __name__ == "__main__":
    main()
